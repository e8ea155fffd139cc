"""Find and end processes inside lab hosts by a mark in their environment.

`runc exec` and `docker exec` leave the process they started running when they themselves are killed: it belongs to
the lab host's engine, or to the host's first process. So whatever the observer starts carries a random mark as an
environment variable, which children inherit, and is ended by that mark.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

MARK: Final = "NETQUARIUM_MARK"


def marked(mark: str) -> set[int]:
    """Return the ids (in the machine's numbering) of all processes carrying the mark, and of the members of sessions
    (setsid(2)) that one of them leads. Reads one small file per process of the machine.
    """
    needle = f"{MARK}={mark}\0".encode()
    found: set[int] = set()
    sessions: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        folder = Path(entry.path)
        try:
            if needle in (folder / "environ").read_bytes():
                found.add(int(entry.name))
            # proc(5) stat: fields follow the last ')' of the name: state, ppid, pgrp, session.
            leader = int((folder / "stat").read_bytes().rpartition(b")")[2].split()[3])
        except OSError:  # gone meanwhile
            continue
        sessions.setdefault(leader, []).append(int(entry.name))
    for leader in list(found):
        found.update(sessions.get(leader, ()))
    found.discard(os.getpid())
    return found


def send(mark: str, signal_number: signal.Signals) -> int:
    """Send a signal to every process that carries the mark; return how many there were."""
    pids = marked(mark)
    for pid in pids:
        try:
            os.kill(pid, signal_number)
        except ProcessLookupError:
            continue
    return len(pids)
