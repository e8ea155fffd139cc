"""Ask for a matrix and wait for it. Called by the web process; the worker measures (`matrix_measure`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labs.models import LabSession, Matrix
from labs.models.probe import ProbeState, Protocol
from labs.models.session import State
from labs.services import bell, measuring, queue
from labs.services.errors import NotRunning, QueueUnavailable

KEPT = 20
"""How many matrices a session keeps; older ones are dropped when another is asked for."""


def ask(
    session: LabSession,
    protocol: Protocol,
    port: int | None,
    timeout_s: float,
    *,
    settle_s: float = 0.0,
    ends: Sequence[str] = (),
) -> Matrix:
    """Queue a matrix on the session's machine.

    Raises: NotRunning, TooManyProbes, QueueUnavailable (the matrix then says so too).
    """
    if session.state != State.RUNNING:
        raise NotRunning(f"The session is {session.state}; only a running one can be probed.", state=session.state)
    measuring.require_room(session)
    row = Matrix.objects.create(
        session=session, protocol=protocol, port=port, timeout_s=timeout_s, settle_s=settle_s, wanted=list(ends)
    )
    kept = Matrix.objects.filter(session=session).order_by("-created_at", "-pk").values_list("pk", flat=True)[:KEPT]
    Matrix.objects.filter(session=session, state=ProbeState.DONE).exclude(pk__in=list(kept)).delete()
    try:
        queue.send("matrix", row.id, machine=session.machine)
    except QueueUnavailable as error:
        conclude(row.id, reason=error.reason)
        raise
    return row


def conclude(
    matrix: str,
    *,
    reason: str | None = None,
    ends: Sequence[Mapping[str, object]] = (),
    cells: Sequence[Mapping[str, object]] = (),
    counts: Mapping[str, int] | None = None,
    took_ms: float | None = None,
) -> bool:
    """Write the answer down once and wake who waits; return False when there was one already."""
    written = (
        Matrix.objects.filter(id=matrix)
        .exclude(state=ProbeState.DONE)
        .update(
            state=ProbeState.DONE,
            reason=reason,
            ends=list(ends),
            cells=list(cells),
            counts=dict(counts or {}),
            took_ms=took_ms,
        )
    )
    if written:
        bell.ring(_key(matrix))
    return written == 1


def wait(row: Matrix, seconds: float) -> Matrix:
    """Return the row as it is once measured, or after `seconds`."""
    bell.wait(_key(row.id), seconds)
    row.refresh_from_db()
    return row


def _key(matrix: str) -> str:
    return f"matrix:{matrix}"
