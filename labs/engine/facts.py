"""What an engine says is there: frozen values, no I/O, nothing of the Docker SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Literal

from labs.kernel.namespace import Namespace

ContainerState = Literal["created", "running", "paused", "restarting", "removing", "exited", "dead"]
Health = Literal["starting", "healthy", "unhealthy"]


@dataclass(frozen=True)
class PortFacts:
    """One port in force. `published` is None for a port that is only exposed; then `host_ip` is None too."""

    target: int
    protocol: str
    published: int | None
    host_ip: IPv4Address | IPv6Address | None


@dataclass(frozen=True)
class Endpoint:
    """A container's end on one network. Addresses and `mac_address` are empty or None while it does not run."""

    network_id: str
    network_name: str
    endpoint_id: str
    addresses: tuple[IPv4Interface | IPv6Interface, ...]
    gateway: IPv4Address | None
    mac_address: str | None
    aliases: tuple[str, ...]
    """Names given on purpose, in order; the 12-digit short id, which Docker adds by itself, is left out."""


@dataclass(frozen=True)
class ContainerFacts:
    """One container as the engine and the kernel know it.

    `network_mode` is Docker's own word: `default`, `bridge`, `host`, `none`, `container:<64 hex>` or a network's name.
    `joined` is the id of the container whose namespace it shares by `container:`, else None.
    `namespace` is None when the container does not run. `pid` is its first process as *this machine* numbers it,
    None when it does not run. `pause` says it only holds a namespace for others.
    """

    id: str
    host: str
    name: str
    image: str
    command: str
    state: ContainerState
    exit_code: int | None
    health: Health | None
    hostname: str
    network_mode: str
    joined: str | None
    service: str | None
    pause: bool
    ports: tuple[PortFacts, ...]
    endpoints: tuple[Endpoint, ...]
    namespace: Namespace | None
    pid: int | None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SubnetFacts:
    subnet: IPv4Network | IPv6Network
    gateway: IPv4Address | IPv6Address | None
    ip_range: IPv4Network | IPv6Network | None


@dataclass(frozen=True)
class NetworkFacts:
    """One network as one host's engine knows it.

    `id` is 64 hex digits for a local network and Swarm's own 25 letters for an overlay; the latter is equal on all
    hosts. `bridge` is the name of its bridge in the host's namespace (bridge driver only). `sandbox` is the
    process-less namespace in which an overlay lives on this host, None while no container here uses it.
    """

    id: str
    host: str
    name: str
    driver: str
    scope: str
    subnets: tuple[SubnetFacts, ...]
    internal: bool
    attachable: bool
    ingress: bool
    enable_ipv6: bool
    bridge: str | None
    vnis: tuple[int, ...]
    sandbox: Namespace | None
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Inventory:
    """Everything one host's engine holds, ordered by id. `engine_version` is like "20.10.24+dfsg1"."""

    host: str
    engine_version: str
    containers: tuple[ContainerFacts, ...]
    networks: tuple[NetworkFacts, ...]
