"""Directory changes as a descriptor for an event loop. One instance serves all hosts: a user may have only 128.

Source: inotify(7). Python's standard library has no binding.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import struct
from collections.abc import Callable
from typing import Final

_libc = ctypes.CDLL(None, use_errno=True)
_EVENT: Final = struct.Struct("iIII")
_NONBLOCK_CLOEXEC: Final = os.O_NONBLOCK | os.O_CLOEXEC

CREATE, DELETE, MOVED, DELETE_SELF = 0x100, 0x200, 0xC0, 0x400
_ONLYDIR = 0x01000000
_IGNORED, _OVERFLOW = 0x8000, 0x4000


class Inotify:
    """Calls back when entries of watched directories come or go. Use on one event loop, from `start` to `close`.

    Callbacks get no names: what is there is read again, so an overflow of the queue costs nothing but a rescan of all.
    """

    def __init__(self) -> None:
        self._descriptor = _libc.inotify_init1(_NONBLOCK_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "inotify_init1")
        self._callbacks: dict[int, Callable[[], None]] = {}

    def start(self) -> None:
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)

    def watch(self, directory: int, changed: Callable[[], None]) -> int:
        """Watch the directory behind a descriptor (which may be closed afterwards); return the watch's number.

        Watching one directory twice yields the same number; the last callback counts. Raises: OSError.
        """
        mask = CREATE | DELETE | MOVED | DELETE_SELF | _ONLYDIR
        number = int(_libc.inotify_add_watch(self._descriptor, f"/proc/self/fd/{directory}".encode(), mask))
        if number < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), "inotify_add_watch")
        self._callbacks[number] = changed
        return number

    def forget(self, number: int) -> None:
        """Stop a watch; one that ended by itself (its directory went) is ignored."""
        if self._callbacks.pop(number, None) is not None and _libc.inotify_rm_watch(self._descriptor, number) < 0:
            code = ctypes.get_errno()
            if code != errno.EINVAL:
                raise OSError(code, os.strerror(code), "inotify_rm_watch")

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 65536)
        except BlockingIOError:
            return
        to_call: dict[int, Callable[[], None]] = {}
        offset = 0
        while offset < len(data):
            number, mask, _, length = _EVENT.unpack_from(data, offset)
            offset += _EVENT.size + length
            if mask & _OVERFLOW:
                to_call.update(self._callbacks)
            elif number in self._callbacks:
                to_call[number] = self._callbacks[number]
                if mask & _IGNORED:
                    del self._callbacks[number]
        for callback in to_call.values():
            callback()
