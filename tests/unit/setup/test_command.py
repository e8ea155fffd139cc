"""The command line: help, guesses and exit codes."""

from __future__ import annotations

import pytest

from labsite.setup import command
from labsite.setup.errors import CommandMistaken


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"./nq {known.usage}" in shown for known in command.COMMANDS)


def test_an_unknown_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["stauts"]) == 2
    assert "did you mean ./nq status?" in capsys.readouterr().err


def test_a_mistaken_argument_is_one_sentence() -> None:
    with pytest.raises(CommandMistaken, match=r"\./nq status: unrecognized arguments: --fast"):
        command.dispatch(["status", "--fast"])


def test_exec_passes_words_after_the_dashes_unread() -> None:
    found = next(known for known in command.COMMANDS if known.name == "exec")
    parser = command._Parser()
    assert found.arguments is not None
    found.arguments(parser)
    assert parser.parse_args(["ab12", "alpha/web", "--", "ip", "-d", "link"]).words == ["ip", "-d", "link"]


def test_anyone_but_root_is_told_so_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert command.main(["up"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
