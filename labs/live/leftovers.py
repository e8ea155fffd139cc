"""Find and end processes inside lab hosts by a mark in their environment.

`runc exec` and `docker exec` leave the process they started running when they themselves are killed: it belongs to
the lab host's engine, or to the host's first process. So whatever the observer starts carries a random mark as an
environment variable, which children inherit, and is ended by that mark.
"""

from __future__ import annotations

import os
import secrets
import signal
from pathlib import Path
from typing import Final

from labs.places import installation

MARK: Final = "NETQUARIUM_MARK"


def new_mark() -> str:
    """Return a mark nobody can guess, which tells this installation's processes from another's."""
    return f"{installation()}-{secrets.token_hex(16)}"


def marked(mark: str) -> set[int]:
    """Return the ids (in the machine's numbering) of all processes carrying the mark, and of the members of sessions
    (setsid(2)) that one of them leads. The beginning of a mark finds all that begin so. Reads two small files per
    process of the machine.
    """
    needle = f"\0{MARK}={mark}".encode()
    found: set[int] = set()
    sessions: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        folder = Path(entry.path)
        try:
            if needle in b"\0" + (folder / "environ").read_bytes():
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


def end_all() -> int:
    """Kill everything this installation's observers ever started in lab hosts; return how many processes there were.

    For an observer that starts: one that was killed could not hang up, and shells in containers outlive `docker exec`.
    """
    return send(f"{installation()}-", signal.SIGKILL)


def send(mark: str, signal_number: signal.Signals) -> int:
    """Send a signal to every process that carries the mark; return how many there were."""
    pids = marked(mark)
    for pid in pids:
        try:
            os.kill(pid, signal_number)
        except ProcessLookupError:
            continue
    return len(pids)
