"""Ask for a probe and wait for its verdict. Called by the web process; the worker measures (`probe_measure`)."""

from __future__ import annotations

from labs.models import LabSession, Probe
from labs.models.probe import ProbeState, Protocol, Verdict
from labs.models.session import State
from labs.services import bell, measuring, queue
from labs.services.errors import NotRunning, QueueUnavailable


def ask(
    session: LabSession, source: str, destination: str, protocol: Protocol, port: int | None, timeout_s: float
) -> Probe:
    """Queue a probe on the session's machine.

    Raises: NotRunning, TooManyProbes, QueueUnavailable (the probe then says so too).
    """
    if session.state != State.RUNNING:
        raise NotRunning(f"The session is {session.state}; only a running one can be probed.", state=session.state)
    measuring.require_room(session)
    row = Probe.objects.create(
        session=session,
        source=source,
        destination=destination,
        protocol=protocol,
        port=port,
        timeout_s=timeout_s,
    )
    try:
        queue.send("probe", row.id, machine=session.machine)
    except QueueUnavailable as error:
        conclude(row.id, Verdict.NOT_MEASURED, sentence=error.reason)
        raise
    return row


def conclude(
    probe: str,
    verdict: Verdict,
    *,
    sentence: str,
    rtts_ms: list[float] | None = None,
    evidence: dict[str, object] | None = None,
) -> bool:
    """Write the verdict down once and wake who waits; return False when there was one already."""
    written = (
        Probe.objects.filter(id=probe)
        .exclude(state=ProbeState.DONE)
        .update(
            state=ProbeState.DONE,
            verdict=verdict,
            sentence=sentence,
            rtts_ms=rtts_ms or [],
            evidence=evidence or {},
        )
    )
    if written:
        _wake(probe)
    return written == 1


def wait(row: Probe, seconds: float) -> Probe:
    """Return the row as it is once measured, or after `seconds`. Sleeps in Redis; asks the database twice at most."""
    bell.wait(_key(row.id), seconds)
    row.refresh_from_db()
    return row


def _wake(probe: str) -> None:
    bell.ring(_key(probe))


def _key(probe: str) -> str:
    return f"probe:{probe}"
