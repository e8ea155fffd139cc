"""Create a network on one engine."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from labs.engine import addressing, ownership
from labs.engine.client import Engine
from labs.engine.errors import EngineRefused
from labs.specs.lab import Driver, Lab, Network, Subnet

_PARENT = "eth0"
"""A lab host's interface on the underlay, so that macvlans of several hosts meet there."""


def create(engine: Engine, lab: Lab, network: Network) -> str:
    """Create a network, or take the one already made from the same definition. Returns its id.

    Raises: EngineRefused, also when another network has the name; EngineUnreachable.
    """
    definition = body(lab, network, engine.host.name)
    try:
        return str(engine.post("/networks/create", definition)["Id"])
    except EngineRefused as refusal:
        if refusal.status != 409:
            raise
        found: dict[str, Any] = engine.get(f"/networks/{quote(network.name)}")
        if (found.get("Labels") or {}).get(ownership.DEFINITION) != definition["Labels"][ownership.DEFINITION]:
            raise
        return str(found["Id"])


def body(lab: Lab, network: Network, host: str) -> dict[str, Any]:
    """Return the body of the engine's `POST /networks/create` for this network on this host. Pure."""
    subnets = addressing.subnets(lab, network, host)
    options = dict(network.driver_opts)
    if network.driver in (Driver.MACVLAN, Driver.IPVLAN) and not network.internal:
        options.setdefault("parent", _PARENT)
    return {
        "Name": network.name,
        "CheckDuplicate": True,
        "Driver": network.driver.value,
        "Internal": network.internal,
        # Only attachable overlays take containers that are not Swarm tasks, and a lab has no others.
        "Attachable": network.attachable or network.driver is Driver.OVERLAY,
        "EnableIPv6": network.enable_ipv6 or any(subnet.subnet.version == 6 for subnet in subnets),
        "IPAM": {"Driver": "default", "Config": [_pool(subnet) for subnet in subnets]},
        "Options": options,
        "Labels": ownership.network_labels(lab, network),
    }


def _pool(subnet: Subnet) -> dict[str, Any]:
    pool: dict[str, Any] = {"Subnet": str(subnet.subnet)}
    if subnet.gateway is not None:
        pool["Gateway"] = str(subnet.gateway)
    if subnet.ip_range is not None:
        pool["IPRange"] = str(subnet.ip_range)
    if subnet.aux_addresses:
        pool["AuxiliaryAddresses"] = {name: str(address) for name, address in subnet.aux_addresses.items()}
    return pool
