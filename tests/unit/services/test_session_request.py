"""What a learner asks of a session, and how the row and the queue answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from labs.live import stream as streams
from labs.models import LabSession
from labs.services import kernel_lacks
from labs.services.errors import AgeLimit, LabNotFound, MachineFull, QueueUnavailable, SessionNotFound, SessionQuota
from labs.services.errors import WrongState as WrongStateError
from labs.services.session import overdue, request
from labs.specs import Features, KernelFeature, LabInvalid
from tests.unit.services.doubles import GoneQueue, GoneStream, LocalQueue, LocalStream
from tests.unit.services.people import make_session


def state_of(session: str) -> str:
    return LabSession.objects.get(id=session).state


def test_create_queues_a_launch_and_announces_it(owner: User, queue: LocalQueue, stream: LocalStream) -> None:
    row = request.create(owner, "default-bridge")
    assert (row.state, row.title, len(row.id)) == ("queued", "The default bridge", 12)
    assert queue.take() == [("launch", [row.id])]
    assert stream.states(row.id) == ["queued"]


def test_create_refuses_a_lab_that_is_not_there(owner: User) -> None:
    with pytest.raises(LabNotFound) as refused:
        request.create(owner, "../settings")
    assert "default-bridge" in refused.value.facts["known"]  # type: ignore[operator]  # a list of slugs
    assert not LabSession.objects.exists()


def test_create_refuses_a_lab_for_which_the_kernel_lacks_something(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = Features(frozenset({KernelFeature.MACVLAN}))
    monkeypatch.setattr(kernel_lacks, "known", lambda: lacking)
    with pytest.raises(LabInvalid, match="macvlan"):
        request.create(owner, "macvlan-lan")
    assert request.create(owner, "default-bridge").state == "queued"


def test_create_refuses_more_live_sessions_than_the_quota(owner: User, settings: Settings) -> None:
    settings.SESSIONS_PER_USER = 2
    live = {request.create(owner, "default-bridge").id for _ in range(2)}
    with pytest.raises(SessionQuota) as refused:
        request.create(owner, "default-bridge")
    assert set(refused.value.facts["live"]) == live  # type: ignore[call-overload]  # a list of ids
    request.stop(live.pop())
    request.create(owner, "default-bridge")


def test_create_refuses_anybody_when_every_place_is_taken(people: dict[str, User], settings: Settings) -> None:
    settings.SESSIONS_IN_ALL = 1
    request.create(people["stranger"], "default-bridge")
    with pytest.raises(MachineFull):
        request.create(people["staff"], "default-bridge")


def test_create_fails_the_session_when_the_queue_is_gone(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labs.services.queue.app", GoneQueue())
    with pytest.raises(QueueUnavailable):
        request.create(owner, "default-bridge")
    row = LabSession.objects.get()
    assert (row.state, row.is_live) == ("failed", False)
    assert "queue" in (row.reason or "")


def test_create_succeeds_while_the_stream_is_gone(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "default_stream", GoneStream)
    assert request.create(owner, "default-bridge").state == "queued"


def test_stop_ends_a_queued_session_at_once(owner: User, queue: LocalQueue) -> None:
    row = make_session(owner, "queued")
    request.stop(row.id)
    assert state_of(row.id) == "stopped"
    assert queue.take("machine.here") == []


@pytest.mark.parametrize("state", ["launching", "running"])
def test_stop_sends_its_machine_to_work(owner: User, queue: LocalQueue, stream: LocalStream, state: str) -> None:
    row = make_session(owner, state)
    request.stop(row.id)
    request.stop(row.id)
    assert state_of(row.id) == "stopping"
    assert queue.take("machine.here") == [("stop", [row.id])]
    assert stream.states(row.id) == ["stopping"]


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_stop_leaves_an_ended_session_as_it_is(owner: User, queue: LocalQueue, state: str) -> None:
    row = make_session(owner, state)
    request.stop(row.id)
    assert state_of(row.id) == state
    assert queue.take("machine.here") == []


def test_stop_refuses_a_session_that_is_not_there(db: None) -> None:
    with pytest.raises(SessionNotFound):
        request.stop("000000000000")


def test_reset_stops_a_running_session_to_launch_it_again(owner: User, queue: LocalQueue) -> None:
    row = make_session(owner, "running")
    request.reset(row.id)
    row.refresh_from_db()
    assert (row.state, row.restart) == ("stopping", True)
    assert queue.take("machine.here") == [("stop", [row.id])]


def test_reset_queues_a_failed_session_with_its_failure_forgotten(owner: User, queue: LocalQueue) -> None:
    row = make_session(owner, "failed", reason="It broke.", failed_object={"kind": "host", "name": "a", "host": "a"})
    request.reset(row.id)
    row.refresh_from_db()
    assert (row.state, row.reason, row.failed_object) == ("queued", None, None)
    assert queue.take() == [("launch", [row.id])]


@pytest.mark.parametrize("state", ["queued", "launching", "stopping", "stopped"])
def test_reset_refuses_other_states(owner: User, state: str) -> None:
    row = make_session(owner, state)
    with pytest.raises(WrongStateError):
        request.reset(row.id)
    assert state_of(row.id) == state


def test_stop_turns_a_reset_under_way_into_a_stop(owner: User) -> None:
    row = make_session(owner, "stopping", restart=True)
    request.stop(row.id)
    row.refresh_from_db()
    assert (row.state, row.restart) == ("stopping", False)


def test_extend_moves_the_expiry_up_to_the_age_limit(owner: User, settings: Settings) -> None:
    settings.SESSION_AGE_LIMIT_MINUTES = 90
    row = make_session(owner, "running")
    before = row.expires_at
    assert request.extend(row.id, 10).expires_at == before + timedelta(minutes=10)
    assert request.extend(row.id, 600).expires_at == row.created_at + timedelta(minutes=90)
    with pytest.raises(AgeLimit):
        request.extend(row.id, 1)


def test_extend_refuses_a_session_that_does_not_run(owner: User) -> None:
    with pytest.raises(WrongStateError):
        request.extend(make_session(owner, "launching").id, 10)


def test_expire_stops_sessions_past_their_time_and_says_why(owner: User, queue: LocalQueue) -> None:
    late = make_session(owner, "running", expires_at=timezone.now() - timedelta(seconds=1))
    in_time = make_session(owner, "running")
    overdue.expire()
    late.refresh_from_db()
    assert (late.state, late.reason) == ("stopping", overdue.EXPIRED)
    assert state_of(in_time.id) == "running"


def test_resend_sends_a_lost_launch_again(owner: User, queue: LocalQueue) -> None:
    lost = make_session(owner, "queued")
    fresh = make_session(owner, "queued")
    long_ago = timezone.now() - timedelta(seconds=overdue.RESEND_AFTER_S + 1)
    LabSession.objects.filter(id=lost.id).update(changed_at=long_ago)
    overdue.resend()
    assert ("launch", [lost.id]) in (sent := queue.take())
    assert ("launch", [fresh.id]) not in sent


def test_resend_has_every_machine_with_live_sessions_swept(owner: User, queue: LocalQueue) -> None:
    make_session(owner, "running")
    overdue.resend()
    assert queue.take("machine.here") == [("sweep", [])]
