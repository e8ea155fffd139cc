"""Run one of the machine's own listing programs inside a namespace, within bounds of time and size.

The program is the machine's, never a file of the lab host; only its network is the learner's.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from labs.kernel.errors import RulesUnreadable
from labs.kernel.namespace import enter

TIMEOUT_S = 10.0
LIMIT_BYTES = 8 << 20
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


def run(target: int | str | Path, command: Sequence[str]) -> str:
    """Return what the program writes to its standard output.

    Raises: RulesUnreadable if it is missing, fails, takes longer than 10 s or writes more than 8 MiB; as
    `labs.kernel.namespace.enter`.
    """
    try:
        with enter(target):
            # The child inherits this thread's namespace; it has been started when Popen returns.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_ENVIRONMENT,
                cwd="/",
            )
    except FileNotFoundError as error:
        raise RulesUnreadable(f"{command[0]} is not installed.", command=tuple(command)) from error
    with process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            output, errors = _collect(process.stdout, process.stderr, command)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        said = errors.decode(errors="replace").strip()
        raise RulesUnreadable(
            f"{command[0]} failed: {said}", command=tuple(command), exit_code=process.returncode, stderr=said
        )
    return output.decode(errors="replace")


def _collect(output: IO[bytes], errors: IO[bytes], command: Sequence[str]) -> tuple[bytes, bytes]:
    parts: dict[int, bytearray] = {output.fileno(): bytearray(), errors.fileno(): bytearray()}
    deadline = time.monotonic() + TIMEOUT_S
    with selectors.DefaultSelector() as selector:
        for descriptor in parts:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(deadline - time.monotonic())
            if not ready:
                raise RulesUnreadable(f"{command[0]} took longer than {TIMEOUT_S:.0f} s.", command=tuple(command))
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fd)
                parts[key.fd] += data
                if len(parts[key.fd]) > LIMIT_BYTES:
                    raise RulesUnreadable(
                        f"{command[0]} lists more than {LIMIT_BYTES >> 20} MiB of rules.", command=tuple(command)
                    )
    return bytes(parts[output.fileno()]), bytes(parts[errors.fileno()])
