"""Launch a session on this machine: hosts side by side, then the lab's networks and containers. Worker only."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.utils import timezone

from labs.engine import deploy as deployment
from labs.engine.errors import DeployFailed
from labs.errors import LabError
from labs.hosts import features, pool, underlay
from labs.hosts import host as hosts
from labs.hosts.host import Host
from labs.hosts.underlay import Underlay
from labs.models.session import LabSession, State, move
from labs.services import catalog
from labs.services.errors import LaunchCancelled, LaunchFailed
from labs.services.session import announce
from labs.services.session.ending import fail, finish_stop
from labs.services.session.turn import turn
from labs.specs import Lab, LabHost, LabInvalid

Wanted = TypeVar("Wanted")

logger = logging.getLogger(__name__)

INTERRUPTED = "The machine's worker stopped in the middle of the launch. Nothing is left of it; start the lab again."
MISTAKE = "Netquarium made a mistake while launching; the operator's log has the details."
TOO_LONG = "The launch took too long and was given up."


def launch(session: str) -> None:
    """Take a queued session to running, or to failed with the object that failed and why, nothing left behind.

    May be called any number of times. A session found `launching` though its turn is free was left by a worker that
    died; it ends failed. A session stopped meanwhile ends stopped.
    """
    with turn(session):
        if not move(session, [State.QUEUED], State.LAUNCHING, machine=settings.MACHINE):
            row = LabSession.objects.filter(id=session).first()
            if row is not None and row.state == State.LAUNCHING and row.machine == settings.MACHINE:
                fail(session, INTERRUPTED)
            return
        announce.state(session)
        row = LabSession.objects.get(id=session)
        try:
            _launch(row)
        except LaunchCancelled:
            finish_stop(session)
        except LaunchFailed as error:
            logger.info("session %s (%s) failed: %s", session, row.lab, error.reason)
            fail(session, error.reason, failed_object=error.object)
        except LabError as error:
            logger.warning("session %s (%s) failed: %s", session, row.lab, error)
            fail(session, error.reason)
        except SoftTimeLimitExceeded:
            logger.warning("session %s (%s) took too long", session, row.lab)
            fail(session, TOO_LONG)
        except BaseException:
            fail(session, MISTAKE)
            raise


class _Steps:
    """Counts the steps of a launch and tells each to the row and to those who watch."""

    def __init__(self, session: str, total: int) -> None:
        self.session = session
        self.total = total
        self.done = 0

    def tell(self, stage: str, text: str) -> None:
        """Report one more step done. Raises LaunchCancelled when the session is to stop."""
        self.done += 1
        self.show(stage, self.done, text)

    def show(self, stage: str, done: int, text: str) -> None:
        """Report how far the launch is. Raises LaunchCancelled when the session is to stop."""
        going_on = LabSession.objects.filter(id=self.session, state=State.LAUNCHING).update(
            progress_stage=stage, progress_done=done, progress_total=self.total, progress_text=text[:300]
        )
        if not going_on:
            raise LaunchCancelled("The session was stopped while it was launching.")
        announce.progress(self.session, stage, done, self.total, text)


def _launch(row: LabSession) -> None:
    lab = _lab(row)
    hosts_total = 2 * len(lab.hosts)
    steps = _Steps(row.id, hosts_total)
    steps.show("host", 0, f"Starting {len(lab.hosts)} lab host{'s' if len(lab.hosts) > 1 else ''}")
    machines = _start_hosts(row.id, lab, steps)

    def report(progress: deployment.Progress) -> None:
        steps.total = hosts_total + progress.total
        steps.show(progress.stage, hosts_total + progress.done, progress.text)

    try:
        deployment.deploy(lab, machines, report)
    except DeployFailed as error:
        raise LaunchFailed(error.reason, kind=error.kind, name=error.name, host=error.host) from error
    now = timezone.now()
    if not move(
        row.id,
        [State.LAUNCHING],
        State.RUNNING,
        started_at=now,
        expires_at=now + timedelta(minutes=lab.minutes),
        progress_stage="ready",
        progress_done=steps.total,
        progress_total=steps.total,
        progress_text=f"{lab.title} is running",
    ):
        raise LaunchCancelled("The session was stopped while it was launching.")
    announce.progress(row.id, "ready", steps.total, steps.total, f"{lab.title} is running")
    announce.state(row.id)


def _lab(row: LabSession) -> Lab:
    try:
        return catalog.load(row.lab, features=features.present())
    except LabInvalid as error:
        raise LaunchFailed(error.reason, kind="lab", name=row.lab, host=None) from error


def _start_hosts(session: str, lab: Lab, steps: _Steps) -> dict[str, Host]:
    """Start every host of the lab side by side; return them by name when all engines answer."""
    try:
        segment = underlay.open(session, lab.underlay, internet=lab.internet)
    except LabError as error:
        raise LaunchFailed(error.reason, kind="underlay", name=str(lab.underlay), host=None) from error
    started = _side_by_side(
        lab.hosts,
        lambda wanted: _start_host(session, wanted, segment, lab),
        lambda one: steps.tell("host", f"{one.name}: host started at {one.address}"),
    )
    LabSession.objects.filter(id=session).update(
        hosts=[{"name": wanted.name, "address": str(wanted.address)} for wanted in lab.hosts]
    )
    announce.observer("watch", session, settings.MACHINE)
    _side_by_side(started, _await_engine, lambda one: steps.tell("host", f"{one.name}: the Docker Engine answers"))
    return {one.name: one for one in started}


def _side_by_side(wanted: Sequence[Wanted], act: Callable[[Wanted], Host], told: Callable[[Host], None]) -> list[Host]:
    """Do the same to each in a thread of its own, tell each as it is done, and return the results in order."""
    with ThreadPoolExecutor(len(wanted), "launch") as pool:
        futures = [pool.submit(act, one) for one in wanted]
        for future in as_completed(futures):
            told(future.result())
        return [future.result() for future in futures]


def _start_host(session: str, wanted: LabHost, segment: Underlay, lab: Lab) -> Host:
    try:
        return pool.obtain(session, wanted, segment, lab.limits)
    except LabError as error:
        raise LaunchFailed(error.reason, kind="host", name=wanted.name, host=wanted.name) from error


def _await_engine(one: Host) -> Host:
    try:
        hosts.wait_for_engine(one)
    except LabError as error:
        raise LaunchFailed(error.reason, kind="host", name=one.name, host=one.name) from error
    return one
