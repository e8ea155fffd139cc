"""Which of this machine's processes an engine means when it names a process of its box.

An engine counts processes in its box's PID namespace. Source: ioctl_nsfs(2) (NS_GET_TGID_FROM_PIDNS, Linux 6.11);
proc_pid_status(5) for older kernels.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_NS_GET_TGID_FROM_PIDNS = 0x8004B707


def outer(box: int, inner: Iterable[int]) -> dict[int, int]:
    """Map process numbers inside the box whose first process is `box` to this machine's numbers.

    Numbers without a process are left out. Costs a microsecond each, or one pass over /proc before Linux 6.11.
    """
    wanted = {number for number in inner if number > 0}
    try:
        namespace = os.open(f"/proc/{box}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError):
        return {}
    try:
        return {number: found for number in wanted if (found := _translate(namespace, number)) is not None}
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EINVAL):
            raise
        return by_status(box, wanted)
    finally:
        os.close(namespace)


def by_status(box: int, wanted: set[int]) -> dict[int, int]:
    """Do the same from NSpid lines: processes whose second number is wanted and whose ancestors lead to `box`."""
    parents: dict[int, int] = {}
    candidates: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError, KeyError, IndexError):
            status = dict(line.split(":", 1) for line in (entry / "status").read_text().splitlines())
            parents[int(entry.name)] = int(status["PPid"])
            numbers = status["NSpid"].split()
            if int(numbers[1]) in wanted:
                candidates[int(entry.name)] = int(numbers[1])
    found = {}
    for pid, number in candidates.items():
        ancestor = pid
        while ancestor not in (box, 0, 1) and ancestor in parents:
            ancestor = parents[ancestor]
        if ancestor == box:
            found[number] = pid
    return found


def _translate(namespace: int, number: int) -> int | None:
    try:
        return fcntl.ioctl(namespace, _NS_GET_TGID_FROM_PIDNS, number)
    except ProcessLookupError:
        return None
