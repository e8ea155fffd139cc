"""Open files of a box from outside, safely.

A learner is root there and may put a symbolic link anywhere: followed by a plain open through /proc/<pid>/root, an
absolute link would lead into the *machine's* tree. openat2(2) resolves every link inside the box, or refuses.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from pathlib import Path

SYS_OPENAT2 = 437
RESOLVE_NO_MAGICLINKS, RESOLVE_IN_ROOT = 0x02, 0x10
_libc = ctypes.CDLL(None, use_errno=True)


def open_inside(root: Path, path: str, flags: int = os.O_RDONLY) -> int:
    """Open `path` of the box whose root is `root` (/proc/<pid>/root); return a descriptor that the caller closes.

    Raises: FileNotFoundError and the other kinds of OSError of open(2).
    """
    folder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        how = struct.pack("QQQ", flags | os.O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
        result = _libc.syscall(SYS_OPENAT2, folder, path.encode(), how, len(how))
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
        return int(result)
    finally:
        os.close(folder)


def list_inside(root: Path, path: str) -> list[str]:
    """Return the names in a folder of the box; none when it is not there."""
    try:
        folder = open_inside(root, path, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return []
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - a descriptor, which Path cannot take
    finally:
        os.close(folder)


def tail_inside(root: Path, path: str, *, length: int = 4000) -> str:
    """Return the last `length` bytes of a regular file of the box as text; nothing when it is not there."""
    try:
        descriptor = open_inside(root, path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            return ""
        file.seek(max(0, facts.st_size - length))
        return file.read(length).decode(errors="replace")
