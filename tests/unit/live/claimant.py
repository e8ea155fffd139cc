"""Declare much empty memory to be this process's environment, say so, and sleep. Source: prctl(2), PR_SET_MM_MAP."""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
import sys
import time
from pathlib import Path

PR_SET_MM, PR_SET_MM_MAP = 35, 14
MAP_NORESERVE = 0x4000


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main(size: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = libc.sbrk.restype = ctypes.c_void_p
    place = libc.mmap(
        None,
        ctypes.c_size_t(size),
        mmap.PROT_READ,
        mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE,
        -1,
        ctypes.c_long(0),
    )
    if place == ctypes.c_void_p(-1).value:
        say(os.strerror(ctypes.get_errno()))
        return
    words = Path("/proc/self/stat").read_text().rpartition(")")[2].split()

    def field(number: int) -> int:
        """Return a field of proc(5) stat by its number there."""
        return int(words[number - 3])

    addresses = [field(26), field(27), field(45), field(46), field(47), int(libc.sbrk(0)), field(28)]
    wanted = struct.pack("=11QQIi", *addresses, field(48), field(49), place, place + size, 0, 0, -1)
    if libc.prctl(PR_SET_MM, PR_SET_MM_MAP, wanted, ctypes.c_ulong(len(wanted)), 0):
        say(os.strerror(ctypes.get_errno()))
        return
    say("claimed")
    time.sleep(60)


if __name__ == "__main__":
    main(int(sys.argv[1]))
