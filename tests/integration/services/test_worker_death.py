"""A worker or Redis killed with SIGKILL: sessions end with a reason or go on, and nothing of them is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from labs.hosts import host as hosts
from labs.models import LabSession
from labs.services.session.launch import INTERRUPTED
from tests.integration.live.conftest import PrivateRedis
from tests.integration.services.conftest import WriteLab, created
from tests.integration.services.program import Program, until, worker
from tests.integration.services.test_launch import OVERLAY, TWO

pytestmark = pytest.mark.engine


@pytest.fixture
def started(tmp_path: Path, owner: User, write_lab: WriteLab) -> Iterator[list[Program]]:
    """A list whose first program is a running worker; all in it are killed afterwards."""
    write_lab("wide", OVERLAY, hosts="alpha, beta")
    write_lab("two", TWO)
    programs = [worker(tmp_path / "worker.log")]
    yield programs
    for program in programs:
        program.kill()


def state(session: str) -> tuple[str, str | None]:
    row = LabSession.objects.get(id=session)
    return row.state, row.reason


def in_mid_launch(owner: User, program: Program) -> str:
    session = created(owner, "wide").id
    until(lambda: len(hosts.running(session)) == 2, told=lambda: f"{state(session)} {program.log.read_text()[-3000:]}")
    assert state(session)[0] == "launching"
    return session


def test_a_killed_child_of_the_worker_fails_its_session(owner: User, started: list[Program]) -> None:
    session = in_mid_launch(owner, started[0])
    for child in started[0].children():
        os.kill(child, signal.SIGKILL)
    until(lambda: state(session) == ("failed", INTERRUPTED), told=lambda: str(state(session)))
    assert session not in hosts.sessions()
    again = created(owner, "two").id
    until(lambda: state(again)[0] == "running", told=started[0].log.read_text)


def test_a_killed_worker_fails_its_session_when_it_is_back(owner: User, started: list[Program]) -> None:
    session = in_mid_launch(owner, started[0])
    started[0].kill()
    assert state(session)[0] == "launching"
    started.append(worker(started[0].log))
    until(lambda: state(session) == ("failed", INTERRUPTED), told=lambda: str(state(session)))
    assert session not in hosts.sessions()


def test_a_session_outlives_its_worker(owner: User, started: list[Program]) -> None:
    session = created(owner, "two").id
    until(lambda: state(session)[0] == "running")
    before = hosts.running(session)
    started[0].kill()
    started.append(worker(started[0].log))
    again = created(owner, "two").id
    until(lambda: state(again)[0] == "running", told=started[0].log.read_text)
    assert (state(session)[0], hosts.running(session)) == ("running", before)


def test_a_worker_takes_tasks_again_after_redis_restarted(
    owner: User, started: list[Program], redis_server: PrivateRedis
) -> None:
    session = created(owner, "two").id
    until(lambda: state(session)[0] == "running")
    redis_server.restart()
    again = created(owner, "two").id
    until(lambda: state(again)[0] == "running", told=started[0].log.read_text)
    assert state(session)[0] == "running"
