"""docs/api.md says what the API has: operations, paths, codes, scopes."""

from __future__ import annotations

import re
from pathlib import Path

from labs.api.application import api
from labs.api.problems import CODE_BY_STATUS, STATUS_BY_CODE
from labs.models.probe import Verdict
from labs.models.session import State
from labs.models.token import Scope

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text()


def test_every_operation_is_listed_with_its_path() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \| `(\w+) ([^`]+)` \|", TEXT, re.MULTILINE))
    offered = {
        (operation["operationId"], method.upper(), path.removeprefix("/api/v1/"))
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, operation in methods.items()
    }
    assert listed == offered


def test_every_code_is_listed_with_its_status() -> None:
    table = TEXT[TEXT.index("| Status | Codes |") :]
    for code, status in {**STATUS_BY_CODE, **{code: status for status, code in CODE_BY_STATUS.items()}}.items():
        lines = [line for line in table.splitlines() if f"`{code}`" in line]
        assert lines, f"{code} is not listed"
        assert str(status) in lines[0].split("|")[1], f"{code} answers {status}"


def test_states_verdicts_and_scopes_are_named() -> None:
    for word in (*State.values, *Verdict.values, *Scope.values):
        assert f"`{word}`" in TEXT, word
