"""Find what went astray and put it right: the safety net under launch and stop, which are expected to hold.

`sweep` compares this machine's rows with its kernel, and needs to run on it; what rows alone tell is `overdue`'s. An
engine is asked nothing: one that fails for good ends its host, and that is seen. Worker only.
"""

from __future__ import annotations

import logging

from django.conf import settings

from labs.hosts import host as hosts
from labs.models.session import LIVE, LabSession, State
from labs.services.session.ending import fail, finish_stop, remove
from labs.services.session.launch import INTERRUPTED
from labs.services.session.turn import TurnTaken, turn

logger = logging.getLogger(__name__)


def sweep() -> None:
    """Make rows and kernel of this machine agree. Sessions another worker is at are left to it."""
    owned = hosts.sessions()  # before the rows: whoever owns something by now has had a row for longer
    rows = LabSession.objects.filter(machine=settings.MACHINE, state__in=LIVE)
    candidates = owned | set(rows.values_list("id", flat=True))
    for session in sorted(candidates):
        try:
            with turn(session, wait=False):
                _put_right(session)
        except TurnTaken:
            continue
        except Exception:
            # Whatever one learner's session is made of, the others' are looked after.
            logger.exception("session %s cannot be put right", session)


def examine(session: str) -> None:
    """Look at one session now: for whoever has noticed that a host of it ended."""
    with turn(session):
        _put_right(session)


def _put_right(session: str) -> None:
    """Do what the session's state calls for. Holds the turn, so no launch or stop of it is under way here."""
    row = LabSession.objects.filter(id=session).first()
    state = row.state if row is not None and row.machine == settings.MACHINE else None
    match state:
        case State.LAUNCHING:
            logger.warning("session %s was left launching", session)
            fail(session, INTERRUPTED)
        case State.STOPPING:
            finish_stop(session)
        case State.RUNNING:
            assert row is not None
            there = {host.name for host in hosts.running(session)}
            gone = [host["name"] for host in row.hosts if host["name"] not in there]
            if gone:
                logger.warning("session %s: hosts ended: %s", session, ", ".join(gone))
                fail(session, _ended(gone), failed_object={"kind": "host", "name": gone[0], "host": gone[0]})
        case _:
            if session in hosts.sessions():
                logger.warning("session %s owns something it has no right to (state %s)", session, state)
                remove(session)


def _ended(gone: list[str]) -> str:
    if len(gone) == 1:
        return f"The host {gone[0]} ended: its engine stopped, or it was shut down from inside."
    return f"The hosts {', '.join(gone)} ended: their engines stopped, or they were shut down from inside."
