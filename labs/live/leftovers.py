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

ENVIRONMENT_BYTES: Final = 64 << 10
"""How much of an environment is searched: any process may declare terabytes to be its own (PR_SET_MM_MAP, prctl(2)).
Whoever has a larger one has shed its mark."""


def new_mark() -> str:
    """Return a mark nobody can guess, which tells this installation's processes from another's."""
    return f"{installation()}-{secrets.token_hex(16)}"


def marked(mark: str) -> set[int]:
    """Return the ids (in the machine's numbering) of all processes carrying the mark, and of the members of sessions
    (setsid(2)) that one of them leads. The beginning of a mark finds all that begin so. Reads two small files per
    process of the machine.
    """
    found: set[int] = set()
    sessions: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        pid = int(entry.name)
        try:
            if _carries(pid, mark):
                found.add(pid)
            sessions.setdefault(_session(pid), []).append(pid)
        except OSError:  # gone meanwhile
            continue
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
    """Send a signal to every process that carries the mark; return how many there were. Not for an event loop."""
    pids = marked(mark)
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            # Asked again now that the number cannot pass to another process.
            if _carries(pid, mark) or _session(pid) in pids:
                signal.pidfd_send_signal(handle, signal_number)
        except OSError:
            continue
        finally:
            os.close(handle)
    return len(pids)


def _carries(pid: int, mark: str) -> bool:
    found = bytearray(b"\0")
    with Path(f"/proc/{pid}/environ").open("rb", buffering=0) as file:
        while len(found) < ENVIRONMENT_BYTES and (part := file.read(ENVIRONMENT_BYTES)):
            found += part
    return f"\0{MARK}={mark}".encode() in found


def _session(pid: int) -> int:
    # proc(5) stat: fields follow the last ')' of the name: state, ppid, pgrp, session.
    return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[3])
