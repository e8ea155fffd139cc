"""Netlink sockets: framing of messages and attributes, requests, dumps, and what the kernel does when it is late.

Source: netlink(7), rtnetlink(7), linux/netlink.h. All integers are in the machine's byte order unless said otherwise.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from labs.kernel.errors import KernelRefused, Overrun
from labs.kernel.namespace import open_socket_in

AF_NETLINK: Final = 16
ROUTE: Final = 0
NETFILTER: Final = 12

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_ERRNO = struct.Struct("=i")
_TYPE_MASK: Final = 0x3FFF
"""Drops NLA_F_NESTED and NLA_F_NET_BYTEORDER, which some senders set and others do not."""

_ERROR, _DONE = 2, 3
_ENDS: Final = (_DONE, _ERROR)
_F_REQUEST, _F_DUMP, _F_DUMP_INTERRUPTED = 0x1, 0x300, 0x10
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_SO_RCVBUFFORCE: Final = 33
_INTERRUPTED_TRIES: Final = 8
_RECEIVE_BYTES: Final = 1 << 16
_ANSWER_TIMEOUT_S: Final = 10

_ALL: Final = range(_TYPE_MASK + 1)

Message = tuple[int, bytes]
"""A message's type and its body: the family's fixed header, then attributes."""


def attribute(kind: int, value: bytes) -> bytes:
    """Return one attribute, padded to four bytes."""
    length = 4 + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + bytes(-length % 4)


def attributes(body: bytes, offset: int = 0, wanted: Container[int] = _ALL) -> dict[int, bytes]:
    """Return the attributes from `offset` on by type, or only the wanted ones, which is faster.

    Of repeated ones the last stays (see `each_attribute`). Costs about 0.1 µs per attribute; a link has 40 or more.
    """
    found: dict[int, bytes] = {}
    unpack, end = _ATTRIBUTE.unpack_from, len(body) - 3
    while offset < end:
        length, kind = unpack(body, offset)
        kind &= _TYPE_MASK
        if kind in wanted:
            found[kind] = body[offset + 4 : offset + length]
        if length < 4:
            break
        offset += (length + 3) & ~3
    return found


def each_attribute(body: bytes, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield every attribute from `offset` on, in order, for lists that repeat one type."""
    while offset < len(body) - 3:
        length, kind = _ATTRIBUTE.unpack_from(body, offset)
        if length < 4:
            return
        yield kind & _TYPE_MASK, body[offset + 4 : offset + length]
        offset += (length + 3) & ~3


def u16(value: bytes) -> int:
    return int.from_bytes(value[:2], "little" if _LITTLE else "big")


def u32(value: bytes) -> int:
    return int.from_bytes(value[:4], "little" if _LITTLE else "big")


def s32(value: bytes) -> int:
    return int.from_bytes(value[:4], "little" if _LITTLE else "big", signed=True)


def be16(value: bytes) -> int:
    """Read a 16-bit number in network order, as ports are sent."""
    return int.from_bytes(value[:2], "big")


def text(value: bytes) -> str:
    """Read a NUL-terminated name. Interface names are bytes to the kernel; odd ones are shown with replacements."""
    return value.split(b"\0", 1)[0].decode(errors="replace")


_LITTLE = struct.pack("=H", 1) == b"\x01\x00"


class Netlink:
    """One netlink socket inside one namespace, which it keeps alive until closed. Not for use by two threads at once.

    A socket that subscribes should do nothing else: requests would find events among their answers.
    """

    def __init__(
        self, target: int | str | Path, protocol: int = ROUTE, *, receive_buffer_bytes: int | None = None
    ) -> None:
        """Open it. Raises: as `labs.kernel.namespace.enter`; OSError if the kernel has no such netlink family."""
        self.socket = open_socket_in(target, AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._sequence = 1
        try:
            # A receive timeout, not Python's own: that one would cost a poll(2) before each call.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", _ANSWER_TIMEOUT_S, 0))
            if receive_buffer_bytes is not None:
                _enlarge(self.socket, receive_buffer_bytes)
            self.socket.bind((0, 0))
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def fileno(self) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        self.socket.close()

    def subscribe(self, *groups: int) -> None:
        """Join multicast groups by number. Raises: OSError for a group this kernel does not have."""
        for group in groups:
            self.socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)

    def request(self, kind: int, body: bytes) -> Message:
        """Ask for one thing and return the one answer. Raises: KernelRefused with its errno."""
        self._sequence += 1
        self._send(kind, body, _F_REQUEST)
        while True:
            for answer_kind, sequence, answer in _split(self._receive()):
                if sequence != self._sequence:
                    continue
                if answer_kind == _ERROR:
                    raise _refusal(kind, answer)
                return answer_kind, answer

    def dump(self, kind: int, body: bytes) -> list[Message]:
        """Ask for everything of one sort. Raises: as `dump_raw`."""
        return messages(self.dump_raw(kind, body))

    def dump_raw(self, kind: int, body: bytes) -> tuple[bytes, ...]:
        """Ask for everything of one sort and return the answer as it came: equal bytes mean that nothing changed.

        The kernel marks a dump during which the table changed (NLM_F_DUMP_INTR): such a one is read again, a few
        times; a table that never rests is returned as last read, and its next event brings the reader back.

        Raises: KernelRefused; Overrun if answers were lost.
        """
        answer: tuple[bytes, ...] = ()
        try:
            for _ in range(_INTERRUPTED_TRIES):
                answer, whole = self._dump_once(kind, body)
                if whole:
                    break
        except BaseException:
            # What is still to come of this answer must not be taken for the next one's: only then the number changes,
            # so that equal answers are equal bytes.
            self._sequence += 1
            raise
        return answer

    def drain(self) -> list[Message]:
        """Return every message waiting on a subscribed socket, without blocking; empty if there is none.

        Raises: Overrun if some were lost; what is left in the buffer then comes with the next call.
        """
        messages: list[Message] = []
        while True:
            try:
                data = self.socket.recv(_RECEIVE_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return messages
            except OSError as error:
                raise _lost(error) from error
            messages.extend((kind, body) for kind, _, body in _split(data))

    def _dump_once(self, kind: int, body: bytes) -> tuple[tuple[bytes, ...], bool]:
        self._send(kind, body, _F_REQUEST | _F_DUMP)
        parts: list[bytes] = []
        whole = True
        header = _HEADER.unpack_from
        while True:
            data = self._receive()
            offset, end = 0, len(data) - 15
            if end <= 0 or header(data)[3] != self._sequence:
                continue
            parts.append(data)
            # The end may stand in a datagram of its own or behind the last messages.
            while offset < end:
                length, answer_kind, flags, _, _ = header(data, offset)
                if flags & _F_DUMP_INTERRUPTED:
                    whole = False
                if answer_kind in _ENDS:
                    if length >= 20 and _ERRNO.unpack_from(data, offset + 16)[0] < 0:
                        raise _refusal(kind, data[offset + 16 : offset + length])
                    return tuple(parts), whole
                offset += (max(length, 16) + 3) & ~3

    def _send(self, kind: int, body: bytes, flags: int) -> None:
        self.socket.send(_HEADER.pack(16 + len(body), kind, flags, self._sequence, 0) + body)

    def _receive(self) -> bytes:
        try:
            return self.socket.recv(_RECEIVE_BYTES)
        except OSError as error:
            raise _lost(error) from error


def messages(datagrams: Iterable[bytes]) -> list[Message]:
    """Take datagrams of a dump apart."""
    return [(kind, body) for data in datagrams for kind, _, body in _split(data) if kind > _DONE]


def _split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (type, sequence, body) of each message in one datagram."""
    offset, end = 0, len(data) - 15
    header = _HEADER.unpack_from
    while offset < end:
        length, kind, _, sequence, _ = header(data, offset)
        if length < 16:
            return
        yield kind, sequence, data[offset + 16 : offset + length]
        offset += (length + 3) & ~3


def _enlarge(target: socket.socket, size: int) -> None:
    """Raise the receive buffer past rmem_max if we may, else as far as we may."""
    try:
        target.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
    except PermissionError:
        with suppress(PermissionError):
            target.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


def _lost(error: OSError) -> Exception:
    if error.errno == errno.ENOBUFS:
        return Overrun("The kernel sent changes faster than they were read.")
    return error


def _refusal(kind: int, answer: bytes) -> KernelRefused:
    code = -_ERRNO.unpack_from(answer)[0]
    return KernelRefused(f"The kernel refused: {os.strerror(code)}.", operation=kind, errno=code)
