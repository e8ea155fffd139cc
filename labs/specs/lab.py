"""The `Lab` value: what a lab folder says, checked and complete. Frozen; safe to share between threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network


class Driver(StrEnum):
    """The Docker network drivers a lab may name."""

    BRIDGE = "bridge"
    MACVLAN = "macvlan"
    IPVLAN = "ipvlan"
    OVERLAY = "overlay"


class ModeKind(StrEnum):
    """How a container gets its network namespace (Compose `network_mode`, or `networks`)."""

    NETWORKS = "networks"
    """Attached to the networks in `Container.attachments`, in order; the first is its primary network."""
    BRIDGE = "bridge"
    """On the engine's default bridge."""
    HOST = "host"
    NONE = "none"
    CONTAINER = "container"
    """Joins the namespace of `Mode.target`, a container of the same host (Compose `service:` or `container:`)."""


class Condition(StrEnum):
    """What a dependency waits for (Compose `depends_on.condition`)."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


@dataclass(frozen=True)
class Mode:
    kind: ModeKind
    target: str | None = None


@dataclass(frozen=True)
class Subnet:
    subnet: IPv4Network | IPv6Network
    gateway: IPv4Address | IPv6Address | None = None
    ip_range: IPv4Network | IPv6Network | None = None
    aux_addresses: Mapping[str, IPv4Address | IPv6Address] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """One network as declared. `hosts` lists the lab hosts on which it is created, in the lab's order.

    A bridge, macvlan or ipvlan network is created once on every host that runs a member; an overlay once, on the
    Swarm manager (the lab's first host), and `hosts` then lists the hosts that will run members.
    """

    key: str
    name: str
    driver: Driver
    hosts: tuple[str, ...]
    subnets: tuple[Subnet, ...] = ()
    internal: bool = False
    attachable: bool = False
    enable_ipv6: bool = False
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Attachment:
    """One end of a container on a network; `network` is a `Network.key`."""

    network: str
    aliases: tuple[str, ...] = ()
    ipv4_address: IPv4Address | None = None
    ipv6_address: IPv6Address | None = None
    mac_address: str | None = None


@dataclass(frozen=True)
class Port:
    """One published port. `published` is None when the engine is to choose."""

    target: int
    protocol: str = "tcp"
    published: int | None = None
    host_ip: IPv4Address | IPv6Address | None = None


@dataclass(frozen=True)
class Healthcheck:
    """`test` in Docker's own form: `("CMD", …)`, `("CMD-SHELL", text)` or `("NONE",)`. Times in seconds."""

    test: tuple[str, ...]
    interval_s: float = 30.0
    timeout_s: float = 30.0
    retries: int = 3
    start_period_s: float = 0.0


@dataclass(frozen=True)
class Dependency:
    """`container` is a `Container.name` of the same lab, on any host."""

    container: str
    condition: Condition = Condition.STARTED


@dataclass(frozen=True)
class Container:
    """One container to start: a Compose service, or one of its replicas, on one lab host.

    `name` is what the engine calls it: the service's `container_name`, its name, or `name-1`, `name-2`, … for replicas.
    `command`, `entrypoint` None mean the image's own; an entrypoint of `("",)` clears the image's (Docker's own form).
    `hosts_entries` is Compose `extra_hosts`; a value may be `host-gateway`. `mac_address` is set only where there is no
    attachment to carry it: on the default bridge.
    """

    name: str
    service: str
    host: str
    image: str
    mode: Mode
    attachments: tuple[Attachment, ...] = ()
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    hostname: str | None = None
    ports: tuple[Port, ...] = ()
    expose: tuple[str, ...] = ()
    dns: tuple[IPv4Address | IPv6Address, ...] = ()
    dns_search: tuple[str, ...] = ()
    hosts_entries: Mapping[str, str] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    healthcheck: Healthcheck | None = None
    restart: str = "no"
    init: bool = False
    memory_bytes: int | None = None
    cpus: float | None = None
    pids_limit: int | None = None
    stop_grace_s: float | None = None
    mac_address: str | None = None
    dns_options: tuple[str, ...] = ()
    user: str | None = None
    working_dir: str | None = None
    tty: bool = False
    stdin_open: bool = False


@dataclass(frozen=True)
class LabHost:
    """A lab host to start; `address` is its eth0 on the underlay."""

    name: str
    address: IPv4Address


@dataclass(frozen=True)
class Limits:
    """What one lab host may use."""

    memory_bytes: int = 1 << 30
    disk_bytes: int = 512 << 20
    pids: int = 1024
    cpus: float = 1.0


@dataclass(frozen=True)
class Lab:
    """One lab, whole. `containers` come in an order that respects `depends_on` and namespace joining."""

    slug: str
    title: str
    summary: str
    hosts: tuple[LabHost, ...]
    networks: tuple[Network, ...]
    containers: tuple[Container, ...]
    underlay: IPv4Network
    limits: Limits = Limits()
    internet: bool = False
    lesson: str = ""
    level: str = "beginner"
    minutes: int = 60
    """How long a session lasts before it expires, unless extended."""

    @property
    def needs_swarm(self) -> bool:
        return any(network.driver is Driver.OVERLAY for network in self.networks)
