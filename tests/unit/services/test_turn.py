"""One worker at a time for each session."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from labs.services.session import turn as turns
from labs.services.session.turn import TurnTaken, turn


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(turns, "FOLDER", tmp_path / "turns")
    return tmp_path / "turns"


def test_a_turn_is_refused_while_another_holds_it(folder: Path) -> None:
    with turn("a"), pytest.raises(TurnTaken), turn("a", wait=False):
        raise AssertionError("both held it")
    with turn("a", wait=False):
        assert [path.name for path in folder.iterdir()] == ["a"]
    assert list(folder.iterdir()) == []


def test_turns_of_different_sessions_do_not_meet() -> None:
    with turn("a"), turn("b", wait=False):
        pass


def test_only_one_of_many_holds_a_turn_at_a_time() -> None:
    inside = 0
    most = 0
    guard = threading.Lock()

    def take() -> None:
        nonlocal inside, most
        for _ in range(50):
            with turn("a"):
                with guard:
                    inside += 1
                    most = max(most, inside)
                with guard:
                    inside -= 1

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == 1


def test_a_killed_holder_gives_its_turn_back() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with turn("a"):
            os.write(writing, b"x")
            signal.pause()
    os.read(reading, 1)
    with pytest.raises(TurnTaken), turn("a", wait=False):
        raise AssertionError("the child holds it")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with turn("a", wait=False):
        pass
    os.close(reading)
    os.close(writing)
