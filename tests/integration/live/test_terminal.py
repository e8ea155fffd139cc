"""Terminals on real pseudo-terminals, with the machine's own shell in place of one in a lab host."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from labs.live import leftovers
from labs.live.errors import CommandNotStarted
from labs.live.leftovers import MARK
from labs.live.terminal import RING_BYTES, Terminal

DEADLINE_S = 20.0


class Recorder:
    """A viewer that keeps what it is shown; with `stuck` set it takes no more."""

    def __init__(self) -> None:
        self.shown = b""
        self.exit_code: int | None = None
        self.dropped: str | None = None
        self.stuck = False
        self._moved = asyncio.Event()

    def show(self, data: bytes) -> None:
        self.shown += data
        self._moved.set()

    async def ready(self) -> None:
        while self.stuck:
            await asyncio.sleep(0.01)

    def finish(self, exit_code: int) -> None:
        self.exit_code = exit_code
        self._moved.set()

    def drop(self, reason: str) -> None:
        self.dropped = reason

    async def until(self, holds: Callable[[Recorder], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not holds(self):
                self._moved.clear()
                await self._moved.wait()


def run(scenario: Callable[[Terminal, Recorder], Awaitable[None]], *argv: str) -> None:
    """Run a scenario on a terminal with that command; the terminal is closed after it."""

    async def whole() -> None:
        mark = leftovers.new_mark()
        terminal = Terminal("t", "s", "alpha", mark)
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", MARK: mark, "PS1": "$ "}
        terminal.start(argv or ("bash", "--norc"), environment, columns=80, rows=24)
        viewer = Recorder()
        terminal.attach(viewer)
        try:
            await scenario(terminal, viewer)
        finally:
            await terminal.close()
        assert terminal.ended.is_set()
        assert not leftovers.marked(mark)

    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - numbers, not paths
    asyncio.run(whole())
    assert set(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208


def test_typing_is_answered_and_the_exit_code_told() -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        await terminal.feed(b"echo $((6*7)) $TERM\r")
        await viewer.until(lambda one: b"42 xterm-256color" in one.shown)
        await terminal.feed(b"exit 3\r")
        await viewer.until(lambda one: one.exit_code is not None)
        assert viewer.exit_code == 3

    run(scenario)


def test_a_second_viewer_sees_what_was_printed_before_and_may_type() -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        await terminal.feed(b"echo first-$((1+1))\r")
        await viewer.until(lambda one: b"first-2" in one.shown)
        terminal.detach(viewer)
        second = Recorder()
        terminal.attach(second)
        assert b"first-2" in second.shown
        await terminal.feed(b"echo second-$((1+2))\r")
        await second.until(lambda one: b"second-3" in one.shown)
        assert b"second-3" not in viewer.shown

    run(scenario)


def test_a_resize_reaches_the_program() -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        terminal.resize(132, 50)
        await terminal.feed(b"stty size\r")
        await viewer.until(lambda one: b"50 132" in one.shown)
        terminal.resize(10**9, -5)
        await terminal.feed(b"stty size\r")
        await viewer.until(lambda one: b"1 1000" in one.shown)

    run(scenario)


def test_output_is_not_read_while_the_viewer_takes_none() -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        await viewer.until(lambda one: len(one.shown) > 100_000)
        viewer.stuck = True
        await asyncio.sleep(0.1)  # whatever was under way arrives
        shown = len(viewer.shown)
        await asyncio.sleep(0.3)
        assert len(viewer.shown) == shown
        viewer.stuck = False
        await viewer.until(lambda one: len(one.shown) > shown + 100_000)

    run(scenario, "yes")


def test_a_stuck_viewer_does_not_hold_up_others_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labs.live.terminal.STALLED_S", 0.2)

    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        stuck_viewer = Recorder()
        stuck_viewer.stuck = True
        terminal.attach(stuck_viewer)
        shown = len(viewer.shown)
        await viewer.until(lambda one: len(one.shown) > shown + 1_000_000)
        assert stuck_viewer.dropped is not None
        assert viewer.dropped is None

    run(scenario, "yes")


def test_replay_is_bounded() -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        await viewer.until(lambda one: len(one.shown) > 2 * RING_BYTES)
        late = Recorder()
        terminal.attach(late)
        assert len(late.shown) <= RING_BYTES

    run(scenario, "yes")


def test_closing_ends_what_was_started_in_it() -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        await terminal.feed(b"trap '' HUP; nohup sleep 1000 & sleep 1001 & echo ready-$((1+1))\r")
        await viewer.until(lambda one: b"ready-2" in one.shown)

    run(scenario)  # `run` looks for processes that are left


def test_only_the_terminals_own_descriptors_are_inherited(tmp_path: Path) -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        await viewer.until(lambda one: one.exit_code is not None)
        # ls itself opens the folder it lists.
        assert viewer.shown.split() == [b"0", b"1", b"2", b"3"]

    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        run(scenario, "ls", "/proc/self/fd")


def test_a_paste_larger_than_the_kernel_takes_arrives_whole() -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        lines = b"".join(b"%05d\n" % number for number in range(20_000))
        await terminal.feed(b"stty -echo; echo go-$((1+1)); md5sum\r")
        await viewer.until(lambda one: b"go-2" in one.shown)
        await terminal.feed(lines + b"\x04")
        digest = hashlib.md5(lines).hexdigest().encode()
        await viewer.until(lambda one: digest in one.shown)

    run(scenario)


def test_what_a_killed_observer_left_is_ended_by_the_next() -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        await terminal.feed(b"trap '' HUP; setsid -f sleep 1002; echo ready-$((1+1))\r")
        await viewer.until(lambda one: b"ready-2" in one.shown)
        assert leftovers.end_all() >= 2
        await viewer.until(lambda one: one.exit_code is not None)

    run(scenario)


def test_a_command_that_does_not_exist_is_told() -> None:
    async def scenario() -> None:
        with pytest.raises(CommandNotStarted):
            Terminal("t", "s", "alpha", "m").start(["true"], {"PATH": "/nonexistent"}, columns=80, rows=24)

    asyncio.run(scenario())


def test_attaching_after_the_end_shows_the_last_words() -> None:
    async def scenario(terminal: Terminal, viewer: Recorder) -> None:
        await viewer.until(lambda one: one.exit_code is not None)
        late = Recorder()
        terminal.attach(late)
        assert late.shown.strip() == b"bye"
        assert late.exit_code == 0

    run(scenario, "echo", "bye")
