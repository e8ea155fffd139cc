"""Wait until a container is healthy or has finished, as Compose's `depends_on` conditions ask."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from labs.engine.client import Engine
from labs.engine.errors import DeployFailed
from labs.engine.events import open_stream
from labs.specs.lab import Condition, Container

_LEAST_S = 60.0


def deadline_s(container: Container) -> float:
    """Return how long a dependency may take: what its health check may need to fail, and at least a minute. Pure."""
    check = container.healthcheck
    if check is None:
        return _LEAST_S
    return max(_LEAST_S, check.start_period_s + (check.retries + 1) * (check.interval_s + check.timeout_s))


def wait(engine: Engine, container: Container, condition: Condition, *, cancel: int) -> None:
    """Block until the container meets the condition or descriptor `cancel` becomes readable.

    Follows the engine's events; asks nothing repeatedly.

    Raises: DeployFailed, saying what the container did instead; EngineRefused; EngineUnreachable.
    """
    limit_s = deadline_s(container)
    end = time.monotonic() + limit_s
    wanted = {"container": [container.name], "event": ["health_status", "die"]}
    # The stream first: what happens between the look and the wait is then in the stream.
    with open_stream(engine.host, filters=wanted) as stream:
        while True:
            state: dict[str, Any] = engine.get(f"/containers/{quote(container.name)}/json")["State"]
            if _met(container, condition, state):
                return
            if (left := end - time.monotonic()) <= 0:
                goal = "healthy" if condition is Condition.HEALTHY else "finished"
                raise DeployFailed(
                    "container", container.name, container.host, f"was not {goal} within {limit_s:.0f} s"
                )
            if not stream.wait(left, cancel=cancel) and time.monotonic() < end:
                return


def _met(container: Container, condition: Condition, state: dict[str, Any]) -> bool:
    """Tell whether the state meets the condition. Raises: DeployFailed if it no longer can."""
    finished = state["Status"] in ("exited", "dead")
    code = state["ExitCode"]
    if condition is Condition.COMPLETED:
        if finished and code != 0:
            raise _failed(container, f"was to finish successfully and exited with code {code}")
        return finished
    health = state.get("Health")
    if finished:
        raise _failed(container, f"was to become healthy and exited with code {code}")
    if health is None:
        raise _failed(container, "was to become healthy but has no health check")
    if health["Status"] == "unhealthy":
        log = health.get("Log") or [{"Output": ""}]
        last = " ".join(str(log[-1].get("Output", "")).split())[:300].rstrip(".")
        raise _failed(container, f"became unhealthy{f': {last}' if last else ''}")
    return bool(health["Status"] == "healthy")


def _failed(container: Container, why: str) -> DeployFailed:
    return DeployFailed("container", container.name, container.host, why)
