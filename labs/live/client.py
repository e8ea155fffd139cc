"""Ask the observer, from ordinary (synchronous) code: facts, commands, terminals. Needs Django's settings for the key.

Every function makes one connection to the local socket, shows a ticket and waits for the answer. All may raise
ObserverUnavailable, and whatever the observer itself refuses with (`labs.live.errors`).
"""

from __future__ import annotations

import base64
import logging
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from labs.live import frame
from labs.live import ticket as tickets
from labs.live.errors import BY_CODE, ObserverRefused, ObserverUnavailable, TerminalUnknown
from labs.places import RUN

log = logging.getLogger(__name__)

SOCKET: Final = RUN / "observer.sock"
ANSWER_WITHIN_S: Final = 10.0


@dataclass(frozen=True)
class OpenTerminal:
    """An open terminal as the observer describes it; `opened_at` in seconds since the epoch."""

    id: str
    target: str
    columns: int
    rows: int
    viewers: int
    opened_at: float


@dataclass(frozen=True)
class TerminalTicket:
    """How a browser attaches to a terminal: `url` is a path with the one-use ticket in it, good for 30 s."""

    id: str
    target: str
    ticket: str
    url: str


def key() -> bytes:
    """Return the key that signs this installation's tickets."""
    return tickets.derive_key(settings.SECRET_KEY)


def facts(session: str, namespace: str) -> dict[str, Any]:
    """Return routes, neighbours, firewall, counters, … of one namespace, as on the wire.

    Raises: SessionNotWatched, NamespaceUnknown.
    """
    answer: dict[str, Any] = _ask({"operation": "facts", "session": session, "namespace": namespace})["facts"]
    return answer


def execute(session: str, target: str, argv: Sequence[str], *, timeout_s: float, stdin: bytes = b"") -> dict[str, Any]:
    """Run a command on a host or in a container as its root; blocks until it ends, `timeout_s` (at most 120) at worst.

    Returns: exit_code (None when it took too long), stdout, stderr (at most 1 MiB each), truncated, timed_out.
    Raises: SessionNotWatched, TargetUnknown, TooManyCommands, CommandNotStarted.
    """
    request = {
        "operation": "execute",
        "session": session,
        "target": target,
        "argv": list(argv),
        "timeout_s": timeout_s,
        "stdin": base64.b64encode(stdin).decode(),
    }
    answer = _ask(request, within_s=timeout_s + ANSWER_WITHIN_S)
    return {name: answer[name] for name in ("exit_code", "stdout", "stderr", "truncated", "timed_out")}


def open_terminal(session: str, target: str, *, columns: int = 80, rows: int = 24) -> TerminalTicket:
    """Open a login shell on a host, or a shell in a container, and return the first ticket to it.

    Raises: SessionNotWatched, TargetUnknown, TooManyTerminals, CommandNotStarted.
    """
    request = {"operation": "open", "session": session, "target": target, "columns": columns, "rows": rows}
    return _ticket(session, OpenTerminal(**_ask(request)["terminal"]))


def terminals(session: str) -> list[OpenTerminal]:
    """Return the session's open terminals, oldest first; none if the session is not running."""
    return [OpenTerminal(**found) for found in _ask({"operation": "terminals", "session": session})["terminals"]]


def close_terminal(session: str, terminal: str) -> None:
    """Close a terminal and end what runs in it. Raises: TerminalUnknown."""
    _ask({"operation": "close", "session": session, "terminal": terminal})


def ticket(session: str, terminal: str) -> TerminalTicket:
    """Return another ticket to an open terminal: after a reload, or for a second viewer.

    The caller must have made sure that the asker may use the session. Raises: TerminalUnknown.
    """
    for found in terminals(session):
        if found.id == terminal:
            return _ticket(session, found)
    raise TerminalUnknown("That terminal is not open any more.", terminal=terminal)


def _ticket(session: str, terminal: OpenTerminal) -> TerminalTicket:
    text = tickets.issue(key(), {"operation": "attach", "session": session, "terminal": terminal.id})
    return TerminalTicket(terminal.id, terminal.target, text, f"/ws/terminals/{terminal.id}/?ticket={text}")


def _ask(request: Mapping[str, object], *, within_s: float = ANSWER_WITHIN_S) -> dict[str, Any]:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(within_s)
            connection.connect(str(SOCKET))
            connection.sendall(frame.pack_json({"ticket": tickets.issue(key(), request)}))
            length, _ = frame.unpack_header(_receive(connection, frame.HEADER.size))
            answer = frame.unpack_json(_receive(connection, length))
    except OSError as error:
        log.warning("the observer does not answer at %s: %s", SOCKET, error)
        raise ObserverUnavailable("The observer does not answer; try again.") from error
    if answer.get("ok"):
        return answer
    raise BY_CODE.get(str(answer.get("code")), ObserverRefused)(str(answer.get("reason")))


def _receive(connection: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise ConnectionResetError("the observer closed the connection")
        data += part
    return bytes(data)
