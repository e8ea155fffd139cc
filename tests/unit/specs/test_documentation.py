"""docs/lab-files.md against the tables in the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labs.specs import Code
from labs.specs.healthcheck import HEALTHCHECK_KEYS
from labs.specs.lab_file import HOST_KEYS, LAB_KEYS, LIMIT_KEYS, RESERVED_HOST_NAMES
from labs.specs.network import DRIVER_OPTIONS, IPAM_KEYS, NETWORK_KEYS, SUBNET_KEYS
from labs.specs.port import PORT_KEYS
from labs.specs.section import Treatment, Vocabulary
from labs.specs.service_keys import (
    COMPOSE_KEYS,
    DEPENDENCY_KEYS,
    DEPLOY_KEYS,
    NETWORK_USE_KEYS,
    PLACEMENT_KEYS,
    RESOURCE_LIMIT_KEYS,
    RESOURCES_KEYS,
    SERVICE_KEYS,
)

PAGE = (Path(__file__).parents[3] / "docs" / "lab-files.md").read_text()
HEADS = {
    "Key": Treatment.READ,
    "No effect, reported as a warning": Treatment.IGNORED,
    "Refused, reported as an error": Treatment.REFUSED,
}
IN_ORDER = [
    LAB_KEYS,
    HOST_KEYS,
    LIMIT_KEYS,
    COMPOSE_KEYS,
    SERVICE_KEYS,
    NETWORK_USE_KEYS,
    DEPENDENCY_KEYS,
    PORT_KEYS,
    HEALTHCHECK_KEYS,
    DEPLOY_KEYS,
    PLACEMENT_KEYS,
    RESOURCES_KEYS,
    RESOURCE_LIMIT_KEYS,
    NETWORK_KEYS,
    IPAM_KEYS,
    SUBNET_KEYS,
]
"""The vocabularies as the page has them. Each begins with a table headed `Key`."""


def tables() -> list[tuple[str, dict[str, str]]]:
    """The page's tables: heading of the first column, and text by word."""
    found = []
    for table in re.findall(r"(?:^\|.*\n)+", PAGE + "\n", re.MULTILINE):
        rows = [[cell.strip() for cell in row.strip("| ").split(" | ", 1)] for row in table.splitlines()]
        found.append((rows[0][0], {row[0].strip("`"): row[1] for row in rows[2:]}))
    return found


def documented() -> list[dict[tuple[str, Treatment], str]]:
    """By vocabulary, in the page's order: the note of every key and treatment."""
    found: list[dict[tuple[str, Treatment], str]] = []
    for head, rows in tables():
        if head == "Key":
            found.append({})
        if head in HEADS:
            found[-1] |= {(name, HEADS[head]): note for name, note in rows.items()}
    return found


def test_the_page_has_a_section_for_every_vocabulary() -> None:
    assert len(documented()) == len(IN_ORDER)


@pytest.mark.parametrize("number", range(len(IN_ORDER)), ids=[vocabulary.title for vocabulary in IN_ORDER])
def test_the_page_says_of_every_key_what_the_code_says(number: int) -> None:
    vocabulary: Vocabulary = IN_ORDER[number]
    assert documented()[number] == {(key.name, key.treatment): key.note for key in vocabulary.keys.values()}


def test_the_page_lists_every_driver_option() -> None:
    found = {head: rows for head, rows in tables() if head.startswith("Option of")}
    assert found == {f"Option of `{driver}`": dict(options) for driver, options in DRIVER_OPTIONS.items()}


def test_the_page_lists_every_code() -> None:
    found = next(rows for head, rows in tables() if head == "Code")
    assert list(found) == list(Code)


def test_the_page_lists_every_reserved_name() -> None:
    sentence = PAGE[PAGE.index("A host's name has") : PAGE.index("are reserved")]
    assert set(re.findall(r"`([^`]+)`", sentence)) == RESERVED_HOST_NAMES
