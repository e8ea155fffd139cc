"""What services refuse, one class per situation."""

from __future__ import annotations

from labs.errors import LabError


class SessionNotFound(LabError):
    """There is no such session, or none the caller may know of."""

    code = "session_not_found"

    def __init__(self, session: str) -> None:
        super().__init__(f"There is no session {session[:40]}.")


class LabNotFound(LabError):
    """The catalog has no lab of that slug. Fact `known` lists those it has."""

    code = "lab_not_found"


class SessionQuota(LabError):
    """The learner has as many live sessions as they may. Facts: `limit`, `live` (their ids)."""

    code = "session_quota"


class MachineFull(LabError):
    """The installation runs as many sessions as it may."""

    code = "machine_full"
    retryable = True


class WrongState(LabError):
    """The session is in a state in which this cannot be done. Facts: `state`, `allowed`."""

    code = "wrong_state"


class AgeLimit(LabError):
    """The session has reached the age beyond which none is extended. Fact `limit_minutes`."""

    code = "age_limit"


class QueueUnavailable(LabError):
    """The task queue (Redis) does not answer."""

    code = "queue_unavailable"
    retryable = True


class NotRunning(LabError):
    """Only a running session has this. Fact `state`."""

    code = "not_running"


class LaunchCancelled(LabError):
    """The learner stopped the session while it was launching. Ends the launch; nobody is told."""

    code = "launch_cancelled"


class LaunchFailed(LabError):
    """One object of a lab could not be made. `kind` is "lab", "underlay", "host", "swarm", "network" or "container"."""

    code = "launch_failed"

    def __init__(self, reason: str, *, kind: str, name: str, host: str | None) -> None:
        super().__init__(reason, kind=kind, name=name, host=host)
        self.object: dict[str, str | None] = {"kind": kind, "name": name, "host": host}


class TopologyMissing(LabError):
    """No graph of the session has been read: it has not started, or ended long ago. Fact `state`."""

    code = "topology_missing"
    retryable = True


class ProbeNotFound(LabError):
    """The session has no such probe."""

    code = "probe_not_found"


class MatrixNotFound(LabError):
    """The session has no such matrix, or no longer: it keeps the latest ones."""

    code = "matrix_not_found"


class TooManyProbes(LabError):
    """As many probes and matrices of the owner's sessions are under way as may be. Fact `limit`."""

    code = "too_many_probes"
    retryable = True


class TokenNotFound(LabError):
    """The user has no such token."""

    code = "token_not_found"


class ScopeNotAllowed(LabError):
    """The user may not hand out tokens of this scope: only staff hand out more than `learner`. Fact `scope`."""

    code = "scope_not_allowed"
