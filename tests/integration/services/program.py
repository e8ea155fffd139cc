"""Start the product's programs for a test, and kill them as badly as a test wants."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import connection

from labs import specs

ROOT = Path(__file__).resolve().parents[3]


class Program:
    """A program in a process group of its own, on the test run's database, its output in `log`."""

    def __init__(self, words: Sequence[str], log: Path) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.integration.services.program_settings",
            "TEST_DATABASE": str(connection.settings_dict["NAME"]),
            "TEST_CATALOG": str(specs.CATALOG),
        }
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", *words],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, words: str, seconds: float = 30) -> None:
        """Wait until the program has written `words`."""
        until(lambda: words in self.log.read_text(), seconds, lambda: self.log.read_text()[-2000:])

    def children(self) -> list[int]:
        """Return the pids of its child processes."""
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def kill(self) -> None:
        """Kill it and its children at once, with no chance to clean up."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def worker(log: Path) -> Program:
    """Start a Celery worker as ./nq up does, with one child, and wait until it takes tasks."""
    before = log.read_text().count("ready.") if log.exists() else 0
    words = ["-m", "celery", "-A", "labsite.celery", "worker", "--loglevel=INFO", "--concurrency=1"]
    program = Program([*words, "--without-gossip", "--without-mingle"], log)
    until(lambda: log.read_text().count("ready.") > before, 30, log.read_text)
    return program


def until(holds: Callable[[], bool], seconds: float = 30, told: Callable[[], str] = str) -> None:
    """Wait for a condition; fail with what `told` returns when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not come to that within {seconds} s: {told()}"
        time.sleep(0.02)
