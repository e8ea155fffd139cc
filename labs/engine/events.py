"""The engine's event stream as something an epoll loop can hold.

The Docker SDK offers a blocking iterator; an observer with dozens of engines and hundreds of netlink sockets in one
epoll needs a descriptor and a read that never blocks. Source: Docker Engine API 1.41, `GET /events`; RFC 9112,
section 7.1 (chunked transfer coding).
"""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from labs.engine.client import API_VERSION
from labs.engine.errors import EngineUnreachable

if TYPE_CHECKING:
    from labs.hosts.host import Host

_OPEN_TIMEOUT_S = 10.0
_READ_BYTES = 64 << 10
_LINE_BYTES = 1 << 20
"""An event is a few hundred bytes; whoever sends a longer line is not an engine."""


@dataclass(frozen=True)
class EngineEvent:
    """One event. `type` is "container", "network", …; `action` is "start", "die", "connect", "health_status", ….

    `detail` is what the engine adds after a colon, as in "health_status: healthy", else "". `id` and `name` are those
    of the subject; for a network's connect and disconnect, `attributes["container"]` is the container's id.
    """

    type: str
    action: str
    detail: str
    id: str
    name: str
    attributes: Mapping[str, str]
    at_ns: int

    @property
    def at(self) -> float:
        """Seconds since the epoch by the engine's clock, which is the machine's."""
        return self.at_ns / 1e9


class EventStream:
    """Events of one engine, in order. `fileno()` becomes readable when `read()` has something to say.

    `position` is the time of the last event seen: give it to `open_stream` as `since_ns` to go on after a break. An
    engine remembers its last 256 events only, so after a long break read the inventory again instead.
    """

    def __init__(self, host: Host, *, since_ns: int | None, filters: Mapping[str, Sequence[str]]) -> None:
        self.host_name = host.name
        self.position = since_ns or 0
        self._body = _ChunkedBody()
        self._lines = b""
        self._socket = _connect(host)
        try:
            self._socket.sendall(_request(since_ns, filters))
            self._head()
            self._socket.setblocking(False)
        except (OSError, ValueError) as error:
            self._socket.close()
            raise EngineUnreachable(host.name, f"its event stream did not open ({error})") from error
        except EngineUnreachable:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor to poll for reading; -1 once closed."""
        return self._socket.fileno()

    def read(self) -> list[EngineEvent]:
        """Return the events that arrived since the last call, maybe none. Never blocks.

        Raises: EngineUnreachable once the engine has closed the stream or talks nonsense.
        """
        found: list[EngineEvent] = []
        try:
            while True:
                data = self._socket.recv(_READ_BYTES)
                if not data:
                    raise EngineUnreachable(self.host_name, "it closed its event stream")
                found += self._decode(data)
                if len(data) < _READ_BYTES:
                    break
        except BlockingIOError:
            pass
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineUnreachable(self.host_name, f"its event stream broke ({error})") from error
        return found

    def wait(self, timeout_s: float, *, cancel: int | None = None) -> list[EngineEvent]:
        """Return the next events, blocking until there are some, `timeout_s` is over or descriptor `cancel` reads.

        Raises: EngineUnreachable.
        """
        deadline = time.monotonic() + timeout_s
        watched = [self.fileno()] if cancel is None else [self.fileno(), cancel]
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select(watched, [], [], left)
            if self.fileno() in ready and (found := self.read()):
                return found
            if cancel is not None and cancel in ready:
                break
        return []

    def close(self) -> None:
        """Close the stream. Idempotent."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _head(self) -> None:
        """Take the answer's head and not a byte more: events that came with it must still wake a poll."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            ahead = self._socket.recv(_READ_BYTES, socket.MSG_PEEK)
            # The head may end across the border of what was taken before and what lies ahead.
            end = (head[-3:] + ahead).find(b"\r\n\r\n")
            take = len(ahead) if end < 0 else end + 4 - len(head[-3:])
            head += self._socket.recv(take)
            if not ahead or len(head) > _READ_BYTES:
                raise EngineUnreachable(self.host_name, "it did not answer with an event stream")
        status = head.split(b"\r\n", 1)[0].split(b" ", 2)
        if len(status) < 2 or status[1] != b"200" or b"transfer-encoding: chunked" not in head.lower():
            raise EngineUnreachable(self.host_name, "it did not answer with an event stream")

    def _decode(self, data: bytes) -> list[EngineEvent]:
        self._lines += self._body.feed(data)
        *whole, self._lines = self._lines.split(b"\n")
        if len(self._lines) > _LINE_BYTES:
            raise ValueError("an endless line")
        found = [_event(json.loads(line)) for line in whole if line.strip()]
        fresh = [event for event in found if event.at_ns > self.position]
        self.position = max([self.position, *(event.at_ns for event in fresh)])
        return fresh


def open_stream(
    host: Host, *, since_ns: int | None = None, filters: Mapping[str, Sequence[str]] | None = None
) -> EventStream:
    """Open a host's event stream. Blocks for at most 10 s, as a rule about 1 ms.

    `since_ns` (a `position`) replays what came after it; None starts now. `filters` are the engine's own, such as
    `{"type": ["container", "network"]}`. Events that follow the return of this function are not missed.

    Raises: EngineUnreachable.
    """
    return EventStream(host, since_ns=since_ns, filters=filters or {})


class _ChunkedBody:
    """Undo the chunked transfer coding. Raises: ValueError for a malformed one and at its end."""

    def __init__(self) -> None:
        self._pending = b""
        self._left = 0

    def feed(self, data: bytes) -> bytes:
        """Return the body bytes now complete; keeps the rest."""
        self._pending += data
        body = bytearray()
        while self._pending:
            if self._left > 2:
                part = self._pending[: self._left - 2]
                body += part
                self._pending = self._pending[len(part) :]
                self._left -= len(part)
            elif self._left:
                dropped = self._pending[: self._left]
                self._pending = self._pending[len(dropped) :]
                self._left -= len(dropped)
            else:
                line, end, rest = self._pending.partition(b"\r\n")
                if not end:
                    if len(line) > 64:
                        raise ValueError("a chunk without a size")
                    break
                size = int(line.split(b";")[0], 16)
                if size == 0:
                    raise ValueError("the end of the stream")
                self._pending, self._left = rest, size + 2
        return bytes(body)


def _connect(host: Host) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_OPEN_TIMEOUT_S)
    try:
        connection.connect(str(host.engine_socket))
    except OSError as error:
        connection.close()
        raise EngineUnreachable(host.name, error.strerror or str(error)) from error
    return connection


def _request(since_ns: int | None, filters: Mapping[str, Sequence[str]]) -> bytes:
    query = f"filters={quote(json.dumps({key: list(values) for key, values in filters.items()}))}"
    if since_ns is not None:
        query += f"&since={since_ns // 1_000_000_000}.{since_ns % 1_000_000_000:09d}"
    return f"GET /v{API_VERSION}/events?{query} HTTP/1.1\r\nHost: engine\r\n\r\n".encode()


def _event(message: dict[str, Any]) -> EngineEvent:
    action, _, detail = str(message["Action"]).partition(": ")
    attributes = {str(key): str(value) for key, value in (message["Actor"].get("Attributes") or {}).items()}
    return EngineEvent(
        type=str(message["Type"]),
        action=action,
        detail=detail,
        id=str(message["Actor"]["ID"]),
        name=attributes.get("name", ""),
        attributes=attributes,
        at_ns=int(message["timeNano"]),
    )
