"""All open terminals of the machine: how many there may be, who may find which, and when they are closed."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

from labs.live import leftovers
from labs.live import target as targets
from labs.live.ending import end
from labs.live.errors import TerminalUnknown, TooManyTerminals
from labs.live.leftovers import MARK
from labs.live.target import Target
from labs.live.terminal import Terminal

PER_SESSION: Final = 16
IDLE_S: Final = 300.0
"""A terminal nobody has looked at for this long is closed."""
KEPT_AFTER_END_S: Final = 60.0
"""An ended terminal can still be attached to for this long: to read its last words and exit code."""

RunOnHost = Callable[[Sequence[str], Mapping[str, str]], list[str]]
"""From a command inside a lab host and its environment to the machine's command line that runs it there on a tty."""

ENVIRONMENT: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM": targets.TERM}


class Broker:
    """Owns every terminal from opening to removal. Use on one event loop; `close` ends it."""

    def __init__(self, *, idle_s: float = IDLE_S) -> None:
        self._terminals: dict[str, Terminal] = {}
        self._idle_s = idle_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def open(self, session: str, target: Target, run_on_host: RunOnHost, *, columns: int, rows: int) -> Terminal:
        """Open a shell on the target. Raises: TooManyTerminals, CommandNotStarted."""
        running = [one for one in self._terminals.values() if one.session == session and not one.ended.is_set()]
        if len(running) >= PER_SESSION:
            raise TooManyTerminals(f"This session has {PER_SESSION} terminals open: close one first.", session=session)
        mark = leftovers.new_mark()
        terminal = Terminal(secrets.token_hex(8), session, str(target), mark)
        environment = {"TERM": targets.TERM, MARK: mark}
        argv = run_on_host(targets.shell(target, mark), environment)
        terminal.start(argv, ENVIRONMENT, columns=columns, rows=rows)
        self._terminals[terminal.id] = terminal
        self._spawn(self._remove_after_end(terminal))
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._close_idle(), name="idle terminals")
        return terminal

    def get(self, session: str, identity: str) -> Terminal:
        """Return a terminal of that session. Raises: TerminalUnknown."""
        terminal = self._terminals.get(identity)
        if terminal is None or terminal.session != session:
            raise TerminalUnknown("That terminal is not open any more.", terminal=identity)
        return terminal

    def of_session(self, session: str) -> list[Terminal]:
        """Return the session's running terminals, oldest first."""
        return [one for one in self._terminals.values() if one.session == session and not one.ended.is_set()]

    async def close_session(self, session: str) -> None:
        """Close all terminals of a session and forget them."""
        mine = [one for one in self._terminals.values() if one.session == session]
        await asyncio.gather(*(terminal.close() for terminal in mine))
        for terminal in mine:
            self._terminals.pop(terminal.id, None)

    async def close(self) -> None:
        """Close everything. The broker is not used again."""
        await asyncio.gather(*(terminal.close() for terminal in self._terminals.values()))
        await end(*self._tasks, self._sweeper)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _remove_after_end(self, terminal: Terminal) -> None:
        await terminal.ended.wait()
        await asyncio.sleep(KEPT_AFTER_END_S)
        self._terminals.pop(terminal.id, None)

    async def _close_idle(self) -> None:
        """Close terminals nobody looks at. Sleeps until the earliest can be due; ends with the last terminal."""
        while running := [one for one in self._terminals.values() if not one.ended.is_set()]:
            now = time.monotonic()
            alone = [(one, now - one.unwatched_since) for one in running if one.unwatched_since is not None]
            for terminal, unwatched_s in alone:
                if unwatched_s >= self._idle_s:
                    self._spawn(terminal.close())
            longest = max((unwatched_s for _, unwatched_s in alone if unwatched_s < self._idle_s), default=0.0)
            await asyncio.sleep(max(0.05, self._idle_s - longest))
