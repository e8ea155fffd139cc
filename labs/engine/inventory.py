"""Read what an engine holds: every container and network, with the kernel namespaces they live in."""

from __future__ import annotations

from labs.engine.facts import (
    ContainerFacts,
    ContainerState,
    Endpoint,
    Health,
    Inventory,
    NetworkFacts,
    PortFacts,
    SubnetFacts,
)

__all__ = [
    "ContainerFacts",
    "ContainerState",
    "Endpoint",
    "Health",
    "Inventory",
    "NetworkFacts",
    "PortFacts",
    "SubnetFacts",
]
