"""The same rows in PostgreSQL: the unit tests of services and API once more, on a private server."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.services.program import ROOT

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a PostgreSQL server of the test's own, reached by a Unix socket alone."""
    if not PROGRAMS:
        pytest.skip("no PostgreSQL server is installed")
    if os.geteuid() != 0:
        pytest.skip("starting PostgreSQL as its own user needs root")
    folder = Path(tempfile.mkdtemp(prefix="nq-pg-", dir="/tmp"))
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)

    def run(program: str, *words: str) -> None:
        command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
        with (folder / "said").open("ab") as said:  # a file, not a pipe, which the server would hold open
            done = subprocess.run(
                [*command, str(PROGRAMS[-1] / program), *words],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
            )
        assert done.returncode == 0, (folder / "said").read_text()

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run("pg_ctl", "-D", data, "-o", options, "-w", "start")
    yield f"postgresql://tester@/netquarium?host={folder}"
    run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


def test_services_and_api_work_on_postgresql(url: str) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("NETQUARIUM_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "tests/unit/services", "tests/unit/api"],
        cwd=ROOT,
        env=environment | {"NETQUARIUM_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
