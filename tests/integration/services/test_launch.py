"""Launch, fail, stop, reset, sweep: sessions on real lab hosts."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from labs import specs
from labs.engine import inventory
from labs.hosts import host as hosts
from labs.hosts import underlay
from labs.live import stream
from labs.models import LabSession
from labs.models.session import State, move
from labs.services.session import launch, request, stopping, sweep
from labs.services.session.launch import INTERRUPTED
from labs.services.session.turn import TurnTaken, turn
from tests.integration.conftest import SUBNET
from tests.integration.live.conftest import PrivateRedis
from tests.integration.services.conftest import WriteLab, created, states

pytestmark = pytest.mark.engine

TWO = """
services:
  web: {image: "netquarium/web:1", networks: [lan]}
  client: {image: "netquarium/tools:1", networks: [lan], depends_on: [web]}
networks:
  lan: {}
"""
BROKEN = """
services:
  web: {image: "netquarium/web:1"}
  broken: {image: "netquarium/tools:1", entrypoint: ["/no/such/program"], depends_on: [web]}
"""
NEVER_HEALTHY = """
services:
  web:
    image: "netquarium/web:1"
    healthcheck: {test: ["CMD", "false"], interval: 1s, retries: 1, timeout: 1s}
  client:
    image: "netquarium/tools:1"
    depends_on: {web: {condition: service_healthy}}
"""
OVERLAY = """
services:
  one: {image: "netquarium/tools:1", networks: [wide]}
  two:
    image: "netquarium/tools:1"
    networks: [wide]
    deploy: {placement: {constraints: ["node.hostname == beta"]}}
networks:
  wide: {driver: overlay, attachable: true}
"""


def fresh(row: LabSession) -> LabSession:
    row.refresh_from_db()
    return row


def test_a_launched_session_runs_what_its_lab_says(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    launch.launch(row.id)
    assert fresh(row).state == "running", row.reason
    assert row.hosts == [{"name": "alpha", "address": "10.77.0.11"}]
    assert (row.progress_stage, row.progress_done) == ("ready", row.progress_total)
    (host,) = hosts.running(row.id)
    found = inventory.read(host)
    assert {container.name: container.state for container in found.containers} == {
        "web": "running",
        "client": "running",
    }
    assert states(row.id) == ["queued", "launching", "running"]
    progress = [message for message in stream.default_stream().after(row.id) if message["type"] == "progress"]
    assert [message["stage"] for message in progress] == ["host"] * 3 + ["network"] + ["container"] * 2 + ["ready"]
    assert [message["done"] for message in progress] == [0, 1, 2, 3, 4, 5, 5]


def test_a_launch_delivered_twice_launches_once(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    launch.launch(row.id)
    (before,) = hosts.running(row.id)
    launch.launch(row.id)
    assert hosts.running(row.id) == [before]
    assert fresh(row).state == "running"


def test_a_stop_removes_everything(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    launch.launch(row.id)
    request.stop(row.id)
    stopping.stop(row.id)
    stopping.stop(row.id)
    assert fresh(row).state == "stopped"
    assert row.stopped_at is not None
    assert row.id not in hosts.sessions()
    assert states(row.id)[-2:] == ["stopping", "stopped"]


@pytest.mark.parametrize(
    ("compose", "failed", "word"),
    [
        (BROKEN, {"kind": "container", "name": "broken", "host": "alpha"}, "/no/such/program"),
        (NEVER_HEALTHY, {"kind": "container", "name": "web", "host": "alpha"}, "healthy"),
    ],
    ids=["a program that is not there", "a container never healthy"],
)
def test_a_failed_launch_names_the_object_and_leaves_nothing(
    owner: User, write_lab: WriteLab, compose: str, failed: dict[str, str], word: str
) -> None:
    row = created(owner, write_lab("failing", compose))
    launch.launch(row.id)
    assert fresh(row).state == "failed"
    assert row.failed_object == failed
    assert word in (row.reason or "")
    assert row.id not in hosts.sessions()
    assert states(row.id) == ["queued", "launching", "failed"]


def test_a_host_that_cannot_start_is_named(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO, hosts="alpha"))
    with turn(row.id):  # somebody took the place of the underlay
        in_the_way = underlay.open(row.id, SUBNET)
    launch.launch(row.id)
    assert fresh(row).state == "failed"
    assert row.failed_object == {"kind": "underlay", "name": "10.77.0.0/24", "host": None}
    assert in_the_way.session not in hosts.sessions()


def test_a_lab_broken_after_its_session_was_queued_fails_it(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    (specs.CATALOG / "two" / "compose.yaml").write_text("services: {web: {image: netquarium/web:1, privileged: true}}")
    launch.launch(row.id)
    assert (fresh(row).state, row.failed_object) == ("failed", {"kind": "lab", "name": "two", "host": None})
    assert "privileged" in (row.reason or "")


def test_a_stop_in_mid_launch_ends_stopped(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("wide", OVERLAY, hosts="alpha, beta"))
    in_thread = _launching(row.id)
    _until(lambda: len(hosts.running(row.id)) == 2)
    request.stop(row.id)
    stopping.stop(row.id)  # waits for the launch to notice
    in_thread.join(30)
    assert fresh(row).state == "stopped"
    assert row.id not in hosts.sessions()
    assert "running" not in states(row.id)


def test_a_reset_gives_fresh_hosts_under_the_same_id(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    launch.launch(row.id)
    (before,) = hosts.running(row.id)
    request.reset(row.id)
    stopping.stop(row.id)
    assert fresh(row).state == "queued"
    assert row.id not in hosts.sessions()
    launch.launch(row.id)
    (after,) = hosts.running(row.id)
    assert fresh(row).state == "running"
    assert after.pid != before.pid


def test_a_host_that_ends_fails_its_session(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    launch.launch(row.id)
    (host,) = hosts.running(row.id)
    hosts.stop(host)
    sweep.examine(row.id)
    assert fresh(row).state == "failed"
    assert row.failed_object == {"kind": "host", "name": "alpha", "host": "alpha"}
    assert row.id not in hosts.sessions()


def test_a_sweep_leaves_a_running_session_alone(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    launch.launch(row.id)
    before = hosts.running(row.id)
    sweep.sweep()
    assert (fresh(row).state, hosts.running(row.id)) == ("running", before)


def test_a_sweep_removes_what_no_row_accounts_for(owner: User, session_id: str) -> None:
    underlay.open(session_id, SUBNET)
    assert session_id in hosts.sessions()
    sweep.sweep()
    assert session_id not in hosts.sessions()


def test_a_sweep_removes_what_an_ended_session_still_owns(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    launch.launch(row.id)
    LabSession.objects.filter(id=row.id).update(state=State.STOPPED)
    sweep.sweep()
    assert row.id not in hosts.sessions()


def test_a_sweep_ends_a_launch_whose_worker_died(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    move(row.id, [State.QUEUED], State.LAUNCHING, machine=settings.MACHINE)
    underlay.open(row.id, SUBNET)
    sweep.sweep()
    assert (fresh(row).state, row.reason) == ("failed", INTERRUPTED)
    assert row.id not in hosts.sessions()


def test_a_sweep_leaves_a_launch_under_way_to_its_worker(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    move(row.id, [State.QUEUED], State.LAUNCHING, machine=settings.MACHINE)
    with turn(row.id):
        sweep.sweep()
        with pytest.raises(TurnTaken), turn(row.id, wait=False):
            raise AssertionError("two took the same turn")
    assert fresh(row).state == "launching"


def test_a_stop_lost_on_its_way_is_finished_by_the_sweep(owner: User, write_lab: WriteLab) -> None:
    row = created(owner, write_lab("two", TWO))
    launch.launch(row.id)
    request.stop(row.id)
    sweep.sweep()
    assert fresh(row).state == "stopped"
    assert row.id not in hosts.sessions()


def test_redis_killed_in_mid_launch_does_not_end_it(
    owner: User, write_lab: WriteLab, redis_server: PrivateRedis
) -> None:
    row = created(owner, write_lab("wide", OVERLAY, hosts="alpha, beta"))
    in_thread = _launching(row.id)
    _until(lambda: len(hosts.running(row.id)) == 2)
    redis_server.restart()
    in_thread.join(60)
    assert fresh(row).state == "running", row.reason


def _launching(session: str) -> threading.Thread:
    def run() -> None:
        try:
            launch.launch(session)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = threading.Event()
    timer = threading.Timer(seconds, deadline.set)
    timer.start()
    try:
        while not holds():
            assert not deadline.is_set(), "it did not come to that"
            deadline.wait(0.01)
    finally:
        timer.cancel()
