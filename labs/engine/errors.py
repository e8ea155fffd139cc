"""What can go wrong with an engine. Each keeps the host and, where the engine spoke, its own words."""

from __future__ import annotations

from labs.errors import LabError


class EngineUnreachable(LabError):
    """The engine's socket is missing, closed or silent: the lab host stopped or its engine died."""

    code = "engine_unreachable"
    retryable = True

    def __init__(self, host: str, cause: str) -> None:
        super().__init__(f"The engine of host {host} does not answer: {cause}.", host=host)
        self.host = host


class EngineRefused(LabError):
    """The engine answered with an error. `status` is the HTTP status, `said` the engine's own sentence."""

    code = "engine_refused"

    def __init__(self, host: str, status: int, said: str) -> None:
        super().__init__(f"The engine of host {host} refused: {said}.", host=host, status=status, said=said)
        self.host = host
        self.status = status
        self.said = said


class DeployFailed(LabError):
    """One object of a lab could not be made. `kind` is "swarm", "network" or "container"."""

    code = "deploy_failed"

    def __init__(self, kind: str, name: str, host: str, why: str) -> None:
        subject = f"The swarm on host {host}" if kind == "swarm" else f"{kind.capitalize()} {name} on host {host}"
        super().__init__(f"{subject} {why}.", kind=kind, name=name, host=host)
        self.kind = kind
        self.name = name
        self.host = host
