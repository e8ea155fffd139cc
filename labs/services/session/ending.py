"""How a session ends on this machine: all it owns removed, then its row moved. Callers hold its turn. Worker only."""

from __future__ import annotations

import logging

from django.conf import settings
from django.utils import timezone

from labs.errors import LabError
from labs.hosts import host as hosts
from labs.models.session import LabSession, State, move
from labs.services import queue
from labs.services.session import announce
from labs.services.session.request import requeue

logger = logging.getLogger(__name__)


def fail(session: str, reason: str, *, failed_object: dict[str, str | None] | None = None) -> None:
    """Remove everything of a session and set it failed; stopped, if its stop was asked for meanwhile."""
    remove(session)
    if move(
        session,
        [State.LAUNCHING, State.RUNNING],
        State.FAILED,
        reason=reason,
        failed_object=failed_object,
        stopped_at=timezone.now(),
    ):
        announce.state(session)
    else:
        _settle(session)


def finish_stop(session: str) -> None:
    """Remove everything of a session that is `stopping`, and set it stopped, or queued again for a reset."""
    remove(session)
    _settle(session)


def remove(session: str) -> None:
    """End the session's hosts and underlay, what was half-started included; nothing to remove is well, too.

    What resists is logged, and left to the reaper, which tries again: a learner's session ends all the same.
    """
    announce.observer("forget", session, settings.MACHINE)
    try:
        hosts.stop_session(session)
    except LabError as error:
        logger.exception("session %s: something is left: %s", session, error.facts)


def _settle(session: str) -> None:
    if LabSession.objects.filter(id=session, state=State.STOPPING, restart=True).exists():
        if requeue(session, State.STOPPING):
            announce.state(session)
            queue.send("launch", session)
    elif move(session, [State.STOPPING], State.STOPPED, stopped_at=timezone.now()):
        announce.state(session)
