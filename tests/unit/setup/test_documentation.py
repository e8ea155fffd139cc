"""README.md and docs/ name the commands and settings that there are, no others, and only files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labs.api.application import api
from labsite.setup import command, options
from labsite.setup.options import CHECKOUT

PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
SETTING = re.compile(r"NETQUARIUM_[A-Z]+(?:_[A-Z]+)*")
NOT_SETTINGS = {"NETQUARIUM_TOKEN", "NETQUARIUM_MARK"}
"""What the commands read, and what a process is recognised by."""


def sources() -> list[Path]:
    folders = [CHECKOUT / "labs", CHECKOUT / "labsite"]
    return [file for folder in folders for file in folder.rglob("*.py") if "__pycache__" not in file.parts]


def test_every_setting_the_code_reads_is_in_the_table() -> None:
    read = {name for file in sources() for name in SETTING.findall(file.read_text(encoding="utf-8"))}
    assert read - NOT_SETTINGS == set(options.NAMES)


def test_the_operations_page_shows_every_setting_as_the_code_has_it() -> None:
    page = (CHECKOUT / "docs/operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(NETQUARIUM_\w+)` \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    shown = {name: (default.strip("`"), meaning) for name, default, meaning in rows}
    assert shown == {setting.name: (setting.default or "none", setting.meaning) for setting in options.SETTINGS}


def test_the_readme_shows_every_command() -> None:
    page = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert [known.name for known in command.COMMANDS if f"./nq {known.name}" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_in_a_page_exist(page: Path) -> None:
    named = set(re.findall(r"\./nq ([a-z]+)", page.read_text(encoding="utf-8")))
    assert named <= {known.name for known in command.COMMANDS} | {"help"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_lab_shown_in_the_readme_is_the_one_that_ships() -> None:
    page = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n# (labs/catalog/[^\s:]+).*?\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    assert {path: (CHECKOUT / path).read_text(encoding="utf-8") for path, _ in blocks} == dict(blocks)


def test_the_requests_shown_in_the_readme_name_paths_that_exist() -> None:
    page = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    known = {re.sub(r"\{.*?\}", "…", path).removeprefix("/api/v1") for path in api.get_openapi_schema()["paths"]}
    used = {re.sub(r"/3f…", "/…", path) for path in re.findall(r"\$API(/[^\s?\"]*)", page)}
    assert used
    assert used <= known
