"""Asking for matrices and concluding them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from labs.models import Matrix
from labs.models.probe import Protocol
from labs.services import bell, matrix_request
from labs.services.errors import NotRunning, QueueUnavailable
from labs.services.session import overdue
from tests.unit.services.doubles import GoneQueue, LocalQueue
from tests.unit.services.people import make_session


@pytest.fixture(autouse=True)
def no_waiters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "ring", lambda key: None)


def test_ask_queues_the_matrix_on_the_sessions_machine(owner: User, queue: LocalQueue) -> None:
    row = matrix_request.ask(make_session(owner), Protocol.TCP, 80, 1.0, ends=["alpha", "alpha/web"])
    assert (row.state, row.wanted) == ("queued", ["alpha", "alpha/web"])
    assert queue.take("machine.here") == [("matrix", [row.id])]


def test_ask_refuses_a_session_that_does_not_run(owner: User) -> None:
    with pytest.raises(NotRunning):
        matrix_request.ask(make_session(owner, "launching"), Protocol.ICMP, None, 1.0)
    assert not Matrix.objects.exists()


def test_ask_says_why_nothing_is_measured_when_the_queue_is_gone(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labs.services.queue.app", GoneQueue())
    with pytest.raises(QueueUnavailable):
        matrix_request.ask(make_session(owner), Protocol.ICMP, None, 1.0)
    row = Matrix.objects.get()
    assert (row.state, row.cells) == ("done", [])
    assert row.reason


def test_a_session_keeps_its_latest_matrices(owner: User, queue: LocalQueue) -> None:
    session = make_session(owner)
    made = []
    for _ in range(matrix_request.KEPT):
        made.append(matrix_request.ask(session, Protocol.ICMP, None, 1.0))
        assert matrix_request.conclude(made[-1].id)
    last = matrix_request.ask(session, Protocol.ICMP, None, 1.0)
    kept = set(Matrix.objects.values_list("id", flat=True))
    assert kept == {row.id for row in (*made[1:], last)}


def test_conclude_keeps_the_first_answer(owner: User, queue: LocalQueue) -> None:
    row = matrix_request.ask(make_session(owner), Protocol.ICMP, None, 1.0)
    assert matrix_request.conclude(row.id, counts={"reachable": 2}, took_ms=3.5)
    assert not matrix_request.conclude(row.id, reason="Too late.")
    row.refresh_from_db()
    assert (row.state, row.reason, row.counts, row.took_ms) == ("done", None, {"reachable": 2}, 3.5)


def test_a_matrix_nobody_took_up_says_so(owner: User, queue: LocalQueue) -> None:
    row = matrix_request.ask(make_session(owner), Protocol.ICMP, None, 1.0)
    Matrix.objects.update(created_at=timezone.now() - timedelta(seconds=overdue.MATRIX_LOST_AFTER_S + 1))
    overdue.resend()
    row.refresh_from_db()
    assert (row.state, row.cells) == ("done", [])
    assert row.reason is not None
    assert "no worker" in row.reason
