"""The observer's local socket: reads one ticket per connection and does what it says.

The socket is the only door between the unprivileged web process and what root can reach. Being able to connect (file
mode) is not enough: every connection must show a ticket that only a holder of the installation's secret can have made.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import dataclasses
import logging
import os
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import redis
import redis.asyncio

from labs.errors import LabError
from labs.live import execute, frame, leftovers, ticket
from labs.live import target as targets
from labs.live.broker import Broker
from labs.live.ending import end
from labs.live.errors import ProtocolError, TicketRefused, TooManyCommands
from labs.live.frame import Kind
from labs.live.leftovers import MARK
from labs.live.terminal import Terminal
from labs.live.ticket import Claims

log = logging.getLogger(__name__)

TICKET_WITHIN_S: Final = 5.0
COMMANDS_PER_SESSION: Final = 8
UNSENT_BYTES: Final = 64 * 1024
"""How much may wait for a viewer's process before the terminal is no longer read."""


class Sessions(Protocol):
    """What the gateway must know of the running sessions; the observer knows it."""

    def containers(self, session: str) -> Mapping[str, Collection[str]]:
        """Return the names of the running containers by host name. Raises: SessionNotWatched."""

    def command(
        self, session: str, host: str, argv: Sequence[str], environment: Mapping[str, str], *, tty: bool
    ) -> list[str]:
        """Return the machine's command line that runs `argv` as root of the host. Raises: SessionNotWatched."""

    async def facts(self, session: str, namespace: str) -> Mapping[str, object]:
        """Read a namespace's facts. Raises: SessionNotWatched, NamespaceUnknown."""


class Gateway:
    """Serves the socket from `open` until `close`."""

    def __init__(self, sessions: Sessions, broker: Broker, key: bytes, used_tickets: redis.asyncio.Redis) -> None:
        self._sessions = sessions
        self._broker = broker
        self._key = key
        self._used_tickets = used_tickets
        self._running: dict[str, int] = {}
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._operations: dict[str, Callable[[Claims], Awaitable[Mapping[str, object]]]] = {
            "facts": self._facts,
            "execute": self._execute,
            "open": self._open,
            "terminals": self._terminals,
            "close": self._close,
        }

    async def open(self, path: Path, *, group: int | None = None) -> None:
        """Listen. A socket left by a dead observer is replaced; it appears with its final mode (0660), never laxer."""
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        previous = os.umask(0o117)
        try:
            self._server = await asyncio.start_unix_server(self._connected, fresh)
        finally:
            os.umask(previous)
        if group is not None:
            os.chown(fresh, -1, group)
        fresh.rename(path)

    async def close(self) -> None:
        """Stop listening and end what is being served."""
        if self._server is not None:
            self._server.close()
        await end(*self._connections)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except ConnectionError:
            pass  # the web process went away; whatever was running for it has been ended by its own cleanup
        except asyncio.CancelledError:
            pass  # closing; swallowed because asyncio's stream server reports a cancelled handler as an error
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            claims = await self._admit(reader)
            operation = claims.get("operation")
            if operation == "attach":
                terminal = self._broker.get(_text(claims, "session"), _text(claims, "terminal"))
                writer.write(frame.pack_json({"ok": True, "target": terminal.target}))
                await _Attachment(terminal, reader, writer).serve()
                return
            handler = self._operations.get(str(operation))
            if handler is None:
                raise ProtocolError(f"The observer knows no operation {operation!r}.")
            answer = await _while_connected(handler(claims), reader)
            writer.write(frame.pack_json({"ok": True, **answer}))
        except LabError as refusal:
            writer.write(frame.pack_json({"ok": False, "code": refusal.code, "reason": refusal.reason}))
        await writer.drain()

    async def _admit(self, reader: asyncio.StreamReader) -> Claims:
        """Read the ticket and use it up. Raises: TicketRefused, ProtocolError."""
        try:
            first = await asyncio.wait_for(frame.read(reader), TICKET_WITHIN_S)
        except TimeoutError as error:
            raise TicketRefused("No ticket was shown in time.") from error
        if first is None:
            raise ConnectionResetError
        kind, payload = first
        if kind is not Kind.JSON:
            raise ProtocolError("The first frame must show a ticket.")
        claims = ticket.read(self._key, str(frame.unpack_json(payload).get("ticket")))
        try:
            await ticket.spend(self._used_tickets, claims)
        except redis.RedisError as error:
            raise TicketRefused("Tickets cannot be checked just now; try again.") from error
        return claims

    async def _facts(self, claims: Claims) -> Mapping[str, object]:
        return {"facts": await self._sessions.facts(_text(claims, "session"), _text(claims, "namespace"))}

    async def _execute(self, claims: Claims) -> Mapping[str, object]:
        session = _text(claims, "session")
        target = targets.resolve(_text(claims, "target"), self._sessions.containers(session))
        mark = leftovers.new_mark()
        argv = self._sessions.command(
            session, target.host, targets.wrapped(target, _words(claims, "argv"), mark), {MARK: mark}, tty=False
        )
        if self._running.get(session, 0) >= COMMANDS_PER_SESSION:
            raise TooManyCommands(f"{COMMANDS_PER_SESSION} commands are running in this session already.")
        self._running[session] = self._running.get(session, 0) + 1
        try:
            outcome = await execute.run(
                argv, mark=mark, timeout_s=float(claims.get("timeout_s", 10)), stdin=_bytes(claims, "stdin")
            )
        finally:
            self._running[session] -= 1
            if not self._running[session]:
                del self._running[session]
        return dataclasses.asdict(outcome)

    async def _open(self, claims: Claims) -> Mapping[str, object]:
        session = _text(claims, "session")
        target = targets.resolve(_text(claims, "target"), self._sessions.containers(session))
        terminal = self._broker.open(
            session,
            target,
            lambda argv, environment: self._sessions.command(session, target.host, argv, environment, tty=True),
            columns=int(claims.get("columns", 80)),
            rows=int(claims.get("rows", 24)),
        )
        return {"terminal": _described(terminal)}

    async def _terminals(self, claims: Claims) -> Mapping[str, object]:
        return {"terminals": [_described(terminal) for terminal in self._broker.of_session(_text(claims, "session"))]}

    async def _close(self, claims: Claims) -> Mapping[str, object]:
        await self._broker.get(_text(claims, "session"), _text(claims, "terminal")).close()
        return {}


class _Attachment:
    """One viewer of a terminal, over one connection. Implements `labs.live.terminal.Viewer`."""

    def __init__(self, terminal: Terminal, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._terminal = terminal
        self._reader = reader
        self._writer = writer
        self._finished = asyncio.Event()

    async def serve(self) -> None:
        """Carry bytes until either side ends."""
        self._writer.transport.set_write_buffer_limits(high=UNSENT_BYTES)
        self._terminal.attach(self)
        upward = asyncio.create_task(self._carry_input())
        finished = asyncio.create_task(self._finished.wait())
        try:
            await asyncio.wait({upward, finished}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._terminal.detach(self)
            upward.cancel()
            finished.cancel()
            outcome, _ = await asyncio.gather(upward, finished, return_exceptions=True)
        if isinstance(outcome, LabError):
            self._writer.write(frame.pack_json({"type": "error", "code": outcome.code, "reason": outcome.reason}))
        await self._writer.drain()

    def show(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(frame.pack(Kind.DATA, data))

    async def ready(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    def finish(self, exit_code: int) -> None:
        if not self._writer.is_closing():
            self._writer.write(frame.pack_json({"type": "exit", "code": exit_code}))
        self._finished.set()

    def drop(self, reason: str) -> None:
        # What is buffered will not be taken either: the connection is cut, not drained.
        log.info("terminal %s: a viewer was dropped: %s", self._terminal.id, reason)
        self._writer.transport.abort()
        self._finished.set()

    async def _carry_input(self) -> None:
        while (received := await frame.read(self._reader)) is not None:
            kind, payload = received
            if kind is Kind.DATA:
                await self._terminal.feed(payload)
                continue
            message = frame.unpack_json(payload)
            if message.get("type") != "resize":
                raise ProtocolError(f"A terminal knows no message {message.get('type')!r}.")
            self._terminal.resize(_number(message, "columns"), _number(message, "rows"))


async def _while_connected(work: Awaitable[Mapping[str, object]], reader: asyncio.StreamReader) -> Mapping[str, object]:
    """Do the work; give it up when the asker hangs up. Raises: ConnectionResetError."""
    doing = asyncio.ensure_future(work)
    hang_up = asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait({doing, hang_up}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ConnectionResetError
        return await doing
    finally:
        doing.cancel()
        hang_up.cancel()
        await asyncio.gather(doing, hang_up, return_exceptions=True)


def _described(terminal: Terminal) -> dict[str, Any]:
    return {
        "id": terminal.id,
        "target": terminal.target,
        "columns": terminal.columns,
        "rows": terminal.rows,
        "viewers": terminal.viewers,
        "opened_at": terminal.opened_at,
    }


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise ProtocolError(f"A ticket without {name}.")
    return value


def _words(claims: Claims, name: str) -> list[str]:
    value = claims.get(name)
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(word, str) and "\0" not in word for word in value)
    ):
        raise ProtocolError(f"{name} must be a list of one word or more.")
    return value


def _bytes(claims: Claims, name: str) -> bytes:
    try:
        return base64.b64decode(str(claims.get(name, "")), validate=True)
    except binascii.Error as error:
        raise ProtocolError(f"{name} is not base64.") from error


def _number(message: Mapping[str, object], name: str) -> int:
    value = message.get(name)
    if not isinstance(value, int):
        raise ProtocolError(f"{name} must be a number.")
    return value
