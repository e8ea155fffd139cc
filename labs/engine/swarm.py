"""Form a Swarm from a lab's hosts, so that overlay networks can span them."""

from __future__ import annotations

from labs.engine import addressing
from labs.engine.client import Engine
from labs.specs.lab import Lab

_PORT = 2377


def init(engine: Engine, lab: Lab) -> str:
    """Make this engine the Swarm's manager, or find that it is. Returns the token with which workers join.

    Raises: EngineRefused; EngineUnreachable.
    """
    if not _active(engine):
        request = {
            "ListenAddr": f"0.0.0.0:{_PORT}",
            "AdvertiseAddr": str(engine.host.address),
            "DefaultAddrPool": [str(addressing.swarm_pool(lab))],
            "SubnetSize": 24,
        }
        engine.post("/swarm/init", request)
    return str(engine.get("/swarm")["JoinTokens"]["Worker"])


def join(engine: Engine, manager: Engine, token: str) -> None:
    """Make this engine a worker of the manager's Swarm. Idempotent. Raises: EngineRefused; EngineUnreachable."""
    if not _active(engine):
        request = {
            "ListenAddr": f"0.0.0.0:{_PORT}",
            "AdvertiseAddr": str(engine.host.address),
            "RemoteAddrs": [f"{manager.host.address}:{_PORT}"],
            "JoinToken": token,
        }
        engine.post("/swarm/join", request)


def _active(engine: Engine) -> bool:
    return bool(engine.get("/info")["Swarm"]["LocalNodeState"] == "active")
