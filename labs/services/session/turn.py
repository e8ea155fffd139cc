"""One worker at a time for each session, by a lock that dies with its holder.

A launch holds its session's turn from the first step to the last. So whoever gets the turn of a session that is still
`launching` knows that the worker that launched it is gone: nobody needs a heartbeat or a time-out.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labs import places
from labs.errors import LabError

FOLDER = places.RUN / "turns"


class TurnTaken(LabError):
    """Another worker is at this session now."""

    code = "turn_taken"
    retryable = True


@contextmanager
def turn(session: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the session's turn on this machine. With `wait` it sleeps until the turn is free, however long.

    Raises: TurnTaken at once when it is not free and `wait` is false.
    """
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = FOLDER / session
    descriptor = _take(path, session, wait)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # before the lock goes: whoever waits for it then sees that its file is no more
        os.close(descriptor)


def _take(path: Path, session: str, wait: bool) -> int:
    """Return a descriptor holding the lock of the file that stands at `path`."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise TurnTaken("Another worker is at this session.", session=session) from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Tell whether the path still names the file behind the descriptor, and not a later one."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    own = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)
