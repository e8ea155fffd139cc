"""Asking for probes and concluding them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from labs.models import Probe
from labs.models.probe import Protocol, Verdict
from labs.services import matrix_request, measuring, probe_request
from labs.services.errors import NotRunning, QueueUnavailable, TooManyProbes
from labs.services.session import overdue
from tests.unit.services.doubles import GoneQueue, LocalQueue
from tests.unit.services.people import make_session


@pytest.fixture(autouse=True)
def no_waiters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_request, "_wake", lambda probe: None)


def test_ask_queues_the_probe_on_the_sessions_machine(owner: User, queue: LocalQueue) -> None:
    row = probe_request.ask(make_session(owner), "alpha/web", "db", Protocol.TCP, 80, 2.0)
    assert row.state == "queued"
    assert queue.take("machine.here") == [("probe", [row.id])]


def test_ask_refuses_a_session_that_does_not_run(owner: User) -> None:
    with pytest.raises(NotRunning):
        probe_request.ask(make_session(owner, "launching"), "alpha", "db", Protocol.ICMP, None, 2.0)
    assert not Probe.objects.exists()


def test_owner_has_few_probes_under_way_in_all_sessions_together(people: dict[str, User]) -> None:
    sessions = [make_session(people["owner"]) for _ in range(2)]
    rows = [
        probe_request.ask(sessions[number % 2], "alpha", "db", Protocol.ICMP, None, 2.0)
        for number in range(measuring.PER_OWNER)
    ]
    with pytest.raises(TooManyProbes):
        probe_request.ask(sessions[0], "alpha", "db", Protocol.ICMP, None, 2.0)
    with pytest.raises(TooManyProbes):
        matrix_request.ask(sessions[1], Protocol.ICMP, None, 1.0)
    probe_request.ask(make_session(people["stranger"]), "alpha", "db", Protocol.ICMP, None, 2.0)
    probe_request.conclude(rows[0].id, Verdict.NO_REPLY, sentence="Silence.")
    probe_request.ask(sessions[1], "alpha", "db", Protocol.ICMP, None, 2.0)


def test_ask_says_not_measured_when_the_queue_is_gone(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labs.services.queue.app", GoneQueue())
    with pytest.raises(QueueUnavailable):
        probe_request.ask(make_session(owner), "alpha", "db", Protocol.ICMP, None, 2.0)
    assert Probe.objects.get().verdict == Verdict.NOT_MEASURED


def test_conclude_keeps_the_first_verdict(owner: User) -> None:
    row = probe_request.ask(make_session(owner), "alpha", "db", Protocol.ICMP, None, 2.0)
    assert probe_request.conclude(row.id, Verdict.REACHABLE, sentence="It answers.", rtts_ms=[0.1])
    assert not probe_request.conclude(row.id, Verdict.NO_REPLY, sentence="Silence.")
    row.refresh_from_db()
    assert (row.verdict, row.sentence, row.rtts_ms) == ("reachable", "It answers.", [0.1])


def test_a_probe_nobody_took_up_is_not_measured(owner: User) -> None:
    row = probe_request.ask(make_session(owner), "alpha", "db", Protocol.ICMP, None, 2.0)
    Probe.objects.update(created_at=timezone.now() - timedelta(seconds=overdue.PROBE_LOST_AFTER_S + 1))
    overdue.resend()
    row.refresh_from_db()
    assert (row.state, row.verdict) == ("done", "not_measured")
