"""Stop a session on this machine. Worker only."""

from __future__ import annotations

from labs.models.session import LabSession, State
from labs.services.session.ending import finish_stop
from labs.services.session.turn import turn


def stop(session: str) -> None:
    """Take a `stopping` session to its end, once a launch under way has noticed. May be called any number of times."""
    with turn(session):
        if LabSession.objects.filter(id=session, state=State.STOPPING).exists():
            finish_stop(session)
