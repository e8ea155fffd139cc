"""How many measurements one learner may have under way, in all sessions together: probes and matrices alike."""

from __future__ import annotations

from labs.models import LabSession, Matrix, Probe
from labs.models.probe import ProbeState
from labs.services.errors import TooManyProbes

PER_OWNER = 3
"""Each holds a worker for up to 10 s or more, and of four one must be left to launch and stop other sessions."""


def require_room(session: LabSession) -> None:
    """Return if the session's owner may measure now. Raises: TooManyProbes."""
    under_way = sum(
        rows.filter(session__owner=session.owner_id).exclude(state=ProbeState.DONE).count()
        for rows in (Probe.objects, Matrix.objects)
    )
    if under_way >= PER_OWNER:
        raise TooManyProbes(f"{PER_OWNER} of your measurements are under way; wait for one of them.", limit=PER_OWNER)
