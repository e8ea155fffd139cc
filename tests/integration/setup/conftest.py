"""A whole instance, brought up by `./nq up` in folders and on a port of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from labsite.setup import options
from labsite.setup.options import CHECKOUT
from labsite.setup.suite import free_port


@dataclass(frozen=True)
class Instance:
    """`environment` is what makes `./nq` mean this instance."""

    settings: options.Options
    environment: dict[str, str]

    def nq(self, *words: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run `./nq` as a person would; never raises for an exit code."""
        return subprocess.run(
            [str(CHECKOUT / "nq"), *words],
            env=self.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


@contextmanager
def raised() -> Iterator[Instance]:
    """Bring an instance up; take it down at the end and remove its folders."""
    if os.geteuid() != 0:
        pytest.skip("an instance needs root")
    base = Path(tempfile.mkdtemp(prefix="nqi-", dir="/tmp"))  # short: it holds sockets
    base.chmod(0o755)
    given = {
        "NETQUARIUM_STATE": str(base / "state"),
        "NETQUARIUM_RUN": str(base / "run"),
        "NETQUARIUM_PORT": str(free_port()),
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NETQUARIUM_", "DJANGO_"))}
    if cache := os.environ.get("NETQUARIUM_CACHE"):
        inherited["NETQUARIUM_CACHE"] = cache
    made = Instance(options.load({**inherited, **given}), {**inherited, **given})
    try:
        answer = made.nq("up", timeout_s=600)
        assert answer.returncode == 0, answer.stderr
        yield made
    finally:
        made.nq("down")
        shutil.rmtree(base)


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    """An instance that is up, for the tests of one module."""
    with raised() as made:
        yield made
