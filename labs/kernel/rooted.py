"""Open files below a root that somebody else controls, without ever leaving that root.

Paths like `/proc/<pid>/root/etc/resolv.conf` are a trap: an absolute link placed there by the root of that box
resolves against *this machine's* root. `openat2(2)` with RESOLVE_IN_ROOT resolves links as a process inside would.
Source: openat2(2), path_resolution(7).
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from itertools import islice
from pathlib import Path
from typing import Final

_SYS_OPENAT2 = 437
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_IN_ROOT = 0x10
_libc = ctypes.CDLL(None, use_errno=True)

MOST_NAMES: Final = 512
"""Names taken of one folder: a learner makes a million files in a second, and each would be opened."""


def open_below(root: str | Path, path: str, flags: int = os.O_RDONLY) -> int:
    """Return a descriptor for `path` as seen from `root`; the caller closes it. Never blocks on a FIFO.

    Raises: OSError with the kernel's errno (ENOENT, ELOOP, …); ENOENT also when the root itself is gone.
    """
    directory = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # openat2 refuses O_NONBLOCK beside O_PATH, which opens nothing but the name and so cannot block.
        extra = os.O_CLOEXEC if flags & os.O_PATH else os.O_CLOEXEC | os.O_NONBLOCK
        how = struct.pack("QQQ", flags | extra, 0, _RESOLVE_IN_ROOT | _RESOLVE_NO_MAGICLINKS)
        found = int(_libc.syscall(_SYS_OPENAT2, directory, os.fsencode(path), how, len(how)))
        if found < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), path)
        return found
    finally:
        os.close(directory)


def read_text(root: str | Path, path: str, *, limit_bytes: int = 64 << 10) -> str:
    """Return the start of a regular file below `root` as text, undecodable bytes replaced.

    Raises: OSError as `open_below`; IsADirectoryError or ValueError for anything that is not a regular file.
    """
    descriptor = open_below(root, path)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{path} is not a regular file")
        return os.read(descriptor, limit_bytes).decode(errors="replace")
    finally:
        os.close(descriptor)


def read_end(root: str | Path, path: str, *, length: int = 4000) -> str:
    """Return the last `length` bytes of a regular file below `root` as text; nothing when there is no such file."""
    try:
        descriptor = open_below(root, path)
    except OSError:
        return ""
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            return ""
        return os.pread(descriptor, length, max(0, facts.st_size - length)).decode(errors="replace")
    finally:
        os.close(descriptor)


def list_names(root: str | Path, path: str) -> list[str]:
    """Return the names in a folder below `root`, sorted, `MOST_NAMES` at most; none if there is no such folder."""
    try:
        descriptor = open_below(root, path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return []
    try:
        with os.scandir(descriptor) as entries:
            return sorted(entry.name for entry in islice(entries, MOST_NAMES))
    finally:
        os.close(descriptor)
