"""Processes found by their mark, whatever they claim their environment to be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labs.live import leftovers

CLAIMED_BYTES = 2 << 30
"""More than can be read in the time this test gives."""

CLAIMANT = Path(__file__).with_name("claimant.py")


@pytest.fixture
def claimant() -> Iterator[subprocess.Popen[bytes]]:
    """A process that declares 2 GiB of empty memory to be its environment."""
    with subprocess.Popen([sys.executable, str(CLAIMANT), str(CLAIMED_BYTES)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        if said != b"claimed\n":
            process.kill()
            pytest.skip(f"the kernel lets nobody move an environment: {said!r}")
        yield process
        process.kill()


def test_endless_environment_is_not_read_to_its_end(claimant: subprocess.Popen[bytes]) -> None:
    mark = leftovers.new_mark()
    started = time.monotonic()
    assert claimant.pid not in leftovers.marked(mark)
    assert time.monotonic() - started < 1


def test_marked_process_and_its_session_are_signalled() -> None:
    mark = leftovers.new_mark()
    command = ["sh", "-c", "env -i sleep 60 & exec sleep 60"]
    with subprocess.Popen(
        command, env={leftovers.MARK: mark, "PATH": os.environ["PATH"]}, start_new_session=True
    ) as one:
        deadline = time.monotonic() + 5
        while len(leftovers.marked(mark)) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert leftovers.send(mark, signal.SIGKILL) == 2
        assert one.wait(5) == -signal.SIGKILL
    while leftovers.marked(mark) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not leftovers.marked(mark)
