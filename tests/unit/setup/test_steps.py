"""Long steps: what is shown while they run, and what is told when they fail."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from labsite.setup.errors import StepFailed
from labsite.setup.steps import reason, step


def test_a_failed_command_tells_its_reason_and_its_log(tmp_path: Path) -> None:
    script = "print('fetching'); print('E: Unable to locate package xyzzy'); print('bye'); raise SystemExit(3)"
    screen = io.StringIO()
    with pytest.raises(StepFailed, match=r"ended with 3: E: Unable to locate package xyzzy$") as caught:  # noqa: SIM117
        with step("packages", tmp_path, screen=screen) as under_way:
            under_way.run([sys.executable, "-c", script])
    assert caught.value.log is not None
    assert "Unable to locate" in caught.value.log.read_text(encoding="utf-8")
    assert "✗ packages failed" in screen.getvalue()


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="never-installed is not there"):  # noqa: SIM117
        with step("x", tmp_path, screen=io.StringIO()) as under_way:
            under_way.run(["never-installed"])


def test_the_reason_skips_what_npm_adds_to_every_error() -> None:
    words = [
        "npm error code ERESOLVE",
        "npm error ERESOLVE could not resolve",
        "npm error A complete log of this run can be found in: /x/y.log",
    ]
    assert reason(words) == "ERESOLVE could not resolve"


def test_a_silent_program_is_called_silent() -> None:
    assert reason([]) == "it said nothing"
