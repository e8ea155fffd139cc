"""The matrix as text."""

from __future__ import annotations

from labs.models.probe import Verdict
from labsite.setup import matrix
from labsite.setup.client import JSON

ANSWER: JSON = {
    "protocol": "tcp",
    "port": 80,
    "reason": None,
    "counts": {"reachable": 1, "refused": 1},
    "endpoints": [{"name": "alpha"}, {"name": "alpha/web"}],
    "cells": [
        {"from": "alpha", "to": "alpha/web", "verdict": "reachable", "sentence": "It did."},
        {"from": "alpha/web", "to": "alpha", "verdict": "refused", "sentence": "alpha refused alpha/web."},
    ],
}


def test_the_grid_has_a_row_for_each_source_and_a_sentence_for_each_failure() -> None:
    assert matrix.text(ANSWER).splitlines() == [
        "            1 2",
        "1 alpha       +",
        "2 alpha/web R",
        "",
        "tcp port 80, from the left to the top: + reachable 1, R refused 1",
        "",
        "alpha refused alpha/web.",
    ]


def test_a_matrix_without_cells_says_why() -> None:
    assert matrix.text(ANSWER | {"reason": "Not measured: the engine is gone."}) == "Not measured: the engine is gone."


def test_every_verdict_of_a_matrix_has_a_sign_of_its_own() -> None:
    assert set(matrix.SIGNS) == set(Verdict.values) - {"name_not_found"}
    assert len(set(matrix.SIGNS.values())) == len(matrix.SIGNS)
