"""Many datagrams in one system call: sendmmsg(2) and recvmmsg(2), whose structures Python lacks.

The structures are laid out by `struct` for 64-bit Linux and filled once: a source sends by joining ready records.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
import time
from collections.abc import Sequence
from typing import Final

from labs.probes.values import Address

_libc = ctypes.CDLL(None, use_errno=True)
_RECORD = struct.Struct("=QI4xQQQQi4xI4x")
"""struct mmsghdr: name, its length, iovec, their count, control data, its length, flags; then the length received."""
_IOVEC = struct.Struct("=QQ")
_NAME_4 = struct.Struct("=H2s4s8x")
_NAME_6 = struct.Struct("=H2s4x16s4x")
NAME_BYTES: Final = 28
SLOT_BYTES: Final = 64
_CONTROL = struct.Struct("=Qiiqq")
SO_TIMESTAMPNS: Final = 35
SLOTS: Final = 64
SENT_AT_ONCE: Final = 64


def name(address: Address, port: int = 0) -> bytes:
    """Return the socket address as the kernel has it: `struct sockaddr_in` or `sockaddr_in6`."""
    wire = port.to_bytes(2, "big")
    if address.version == 4:
        return _NAME_4.pack(socket.AF_INET, wire, address.packed)
    return _NAME_6.pack(socket.AF_INET6, wire, address.packed)


class Outbox:
    """One packet ready for each of a number of addresses of one family, sendable from any socket."""

    def __init__(self, names: Sequence[bytes], packets: Sequence[bytes]) -> None:
        self._names = ctypes.create_string_buffer(b"".join(names))
        self._packets = ctypes.create_string_buffer(b"".join(packets))
        vectors, name_at, packet_at = bytearray(), ctypes.addressof(self._names), ctypes.addressof(self._packets)
        for packet in packets:
            vectors += _IOVEC.pack(packet_at, len(packet))
            packet_at += len(packet)
        self._vectors = ctypes.create_string_buffer(bytes(vectors))
        vector_at = ctypes.addressof(self._vectors)
        self.records: list[bytes] = []
        for one in names:
            self.records.append(_RECORD.pack(name_at, len(one), vector_at, 1, 0, 0, 0, 0))
            name_at += len(one)
            vector_at += _IOVEC.size


class Sending:
    """Part of an outbox on its way through one socket. `position` is how many of `indices` are through."""

    def __init__(self, outbox: Outbox, indices: Sequence[int]) -> None:
        records = outbox.records
        self._outbox = outbox  # keeps the memory the records point into
        self._buffer = ctypes.create_string_buffer(b"".join([records[index] for index in indices]))
        self._at = ctypes.addressof(self._buffer)
        self.count = len(indices)
        self.position = 0

    def send(self, descriptor: int) -> int:
        """Send on, up to SENT_AT_ONCE; return how many went. Raises: OSError, about the packet at `position`."""
        some = min(self.count - self.position, SENT_AT_ONCE)
        sent: int = _libc.sendmmsg(
            descriptor, ctypes.c_void_p(self._at + self.position * _RECORD.size), some, socket.MSG_DONTWAIT
        )
        if sent < 0:
            code = ctypes.get_errno()
            raise OSError(code, errno.errorcode.get(code, ""))
        self.position += sent
        return sent


class Inbox:
    """Room for datagrams from any socket; what was received is overwritten by the next call."""

    def __init__(self) -> None:
        self._names = ctypes.create_string_buffer(NAME_BYTES * SLOTS)
        self._slots = ctypes.create_string_buffer(SLOT_BYTES * SLOTS)
        self._controls = ctypes.create_string_buffer(_CONTROL.size * SLOTS)
        at = [ctypes.addressof(part) for part in (self._names, self._slots, self._controls)]
        self._vectors = ctypes.create_string_buffer(
            b"".join(_IOVEC.pack(at[1] + SLOT_BYTES * slot, SLOT_BYTES) for slot in range(SLOTS))
        )
        vector_at = ctypes.addressof(self._vectors)
        self._empty = b"".join(
            _RECORD.pack(
                *(at[0] + NAME_BYTES * slot, NAME_BYTES, vector_at + _IOVEC.size * slot, 1),
                *(at[2] + _CONTROL.size * slot, _CONTROL.size, 0, 0),
            )
            for slot in range(SLOTS)
        )
        self._records = ctypes.create_string_buffer(self._empty)

    def receive(self, descriptor: int) -> tuple[memoryview, memoryview, list[float]]:
        """Take what waits, up to 64: the senders' names (NAME_BYTES each), the packets, and when they came.

        A packet longer than SLOT_BYTES is cut, a shorter one filled up with zeros. Times are of the clock, in seconds.
        Raises: OSError, also BlockingIOError when nothing waits.
        """
        ctypes.memmove(self._records, self._empty, len(self._empty))
        ctypes.memset(self._slots, 0, SLOT_BYTES * SLOTS)
        ctypes.memset(self._controls, 0, _CONTROL.size * SLOTS)
        count: int = _libc.recvmmsg(descriptor, self._records, SLOTS, socket.MSG_DONTWAIT, None)
        now = time.time()
        if count < 0:
            code = ctypes.get_errno()
            raise OSError(code, errno.errorcode.get(code, ""))
        controls = memoryview(self._controls).cast("B")[: _CONTROL.size * count]
        times = [
            seconds + nanoseconds / 1e9 if kind == SO_TIMESTAMPNS else now
            for _, _, kind, seconds, nanoseconds in _CONTROL.iter_unpack(controls)
        ]
        names = memoryview(self._names).cast("B")[: NAME_BYTES * count]
        return names, memoryview(self._slots).cast("B")[: SLOT_BYTES * count], times
