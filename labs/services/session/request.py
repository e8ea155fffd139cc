"""What a learner asks of a session: create, stop, extend, reset. Moves rows and queues tasks; starts nothing itself."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from labs.models.session import LIVE, LabSession, State, move
from labs.services import catalog, kernel_lacks, queue
from labs.services.errors import AgeLimit, MachineFull, QueueUnavailable, SessionNotFound, SessionQuota, WrongState
from labs.services.session import announce


def create(owner: User, slug: str) -> LabSession:
    """Queue a session of a lab.

    Raises: LabNotFound, LabInvalid, SessionQuota, MachineFull; QueueUnavailable, which leaves a failed session behind.
    """
    lab = catalog.load(slug, features=kernel_lacks.known())
    now = timezone.now()
    with transaction.atomic():
        # Two requests at once must not both see the last free place: the owner's row is their turnstile.
        User.objects.select_for_update().get(pk=owner.pk)
        _check_quota(owner)
        row = LabSession.objects.create(
            owner=owner,
            lab=slug,
            title=lab.title,
            minutes=lab.minutes,
            progress_stage="queued",
            progress_text="Waiting for a machine",
            expires_at=now + timedelta(minutes=lab.minutes),
        )
    announce.state(row.id)
    _queue_launch(row.id)
    return row


def stop(session: str, *, reason: str | None = None) -> None:
    """Ask for the end of a session; one that has ended or is ending stays as it is.

    `reason` tells the learner why when they did not ask for it. Raises: SessionNotFound; QueueUnavailable, after
    which the reaper stops the session.
    """
    if move(session, [State.QUEUED], State.STOPPED, stopped_at=timezone.now(), reason=reason, restart=False):
        announce.state(session)
        return
    if move(session, [State.LAUNCHING, State.RUNNING], State.STOPPING, reason=reason, restart=False):
        announce.state(session)
        queue.send("stop", session, machine=_get(session).machine)
        return
    # A reset under way becomes a stop.
    LabSession.objects.filter(id=session, state=State.STOPPING, restart=True).update(restart=False)
    _get(session)


def reset(session: str) -> None:
    """Ask for a fresh copy under the same id: everything in it is stopped, then launched again.

    Raises: SessionNotFound, WrongState unless it is running or failed, SessionQuota, MachineFull, QueueUnavailable.
    """
    if move(session, [State.RUNNING], State.STOPPING, restart=True, reason=None):
        announce.state(session)
        queue.send("stop", session, machine=_get(session).machine)
        return
    row = _get(session)
    if row.state == State.FAILED:
        with transaction.atomic():
            owner = User.objects.select_for_update().get(pk=row.owner_id)
            _check_quota(owner)
            moved = requeue(session, State.FAILED)
        if moved:
            announce.state(session)
            _queue_launch(session)
            return
        row = _get(session)
    raise WrongState(
        f"The session is {row.state}; only a running or failed one can be reset.",
        state=row.state,
        allowed=[State.RUNNING, State.FAILED],
    )


def extend(session: str, minutes: int) -> LabSession:
    """Move the expiry `minutes` further, up to the age limit counted from the session's creation.

    Raises: SessionNotFound; WrongState unless it is running; AgeLimit when it is at the limit already.
    """
    while True:
        row = _get(session)
        if row.state != State.RUNNING:
            raise WrongState(
                f"The session is {row.state}; only a running one can be extended.",
                state=row.state,
                allowed=[State.RUNNING],
            )
        limit = settings.SESSION_AGE_LIMIT_MINUTES
        latest = row.created_at + timedelta(minutes=limit)
        if row.expires_at >= latest:
            raise AgeLimit(f"A session lives at most {limit} minutes; this one ends then.", limit_minutes=limit)
        wanted = min(row.expires_at + timedelta(minutes=minutes), latest)
        unchanged = LabSession.objects.filter(id=session, state=State.RUNNING, expires_at=row.expires_at)
        if unchanged.update(expires_at=wanted):
            row.expires_at = wanted
            return row


def requeue(session: str, before: State) -> bool:
    """Move a session back to the start of its life, its former end forgotten; return whether it was in `before`."""
    now = timezone.now()
    minutes = LabSession.objects.filter(id=session).values_list("minutes", flat=True).first() or 0
    return move(
        session,
        [before],
        State.QUEUED,
        restart=False,
        reason=None,
        failed_object=None,
        hosts=[],
        machine="",
        started_at=None,
        stopped_at=None,
        progress_stage="queued",
        progress_done=0,
        progress_total=0,
        progress_text="Waiting for a machine",
        expires_at=now + timedelta(minutes=minutes),
    )


def _queue_launch(session: str) -> None:
    try:
        queue.send("launch", session)
    except QueueUnavailable as error:
        move(session, [State.QUEUED], State.FAILED, reason=error.reason, stopped_at=timezone.now())
        raise


def _check_quota(owner: User) -> None:
    live = LabSession.objects.filter(state__in=LIVE)
    theirs = list(live.filter(owner=owner).values_list("id", flat=True))
    limit = settings.SESSIONS_PER_USER
    if not owner.is_staff and len(theirs) >= limit:
        raise SessionQuota(
            f"You have {len(theirs)} live sessions of {limit}; stop one first.", limit=limit, live=theirs
        )
    if live.count() >= settings.SESSIONS_IN_ALL:
        raise MachineFull("Every place for a session is taken just now; try again in a while.")


def _get(session: str) -> LabSession:
    row = LabSession.objects.filter(id=session).first()
    if row is None:
        raise SessionNotFound(session)
    return row
