"""One deadline shared by all steps of a probe."""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    @property
    def left_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - time.monotonic())

    def sooner(self, seconds: float) -> Deadline:
        """Return a deadline in so many seconds, or this one if that is earlier."""
        return Deadline(min(self.at, time.monotonic() + seconds))

    def wait(self, end: socket.socket, *, writable: bool = False) -> bool:
        """Wait until the socket reads, has an error, or with `writable` writes. False when time is up."""
        poll = select.poll()
        # POLLERR is always reported: a message in the socket's error queue wakes as well.
        poll.register(end, select.POLLOUT if writable else select.POLLIN)
        return bool(poll.poll(self.left_s * 1000))
