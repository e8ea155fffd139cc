"""Read what an engine holds: every container and network, with the kernel namespaces they live in."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface, ip_network
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from labs.engine import ownership, process
from labs.engine.client import LIMIT_BYTES, Engine, connect
from labs.engine.errors import EngineRefused, EngineUnreachable
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
from labs.kernel import rooted
from labs.kernel.errors import NamespaceGone
from labs.kernel.namespace import Namespace, identify

if TYPE_CHECKING:
    from labs.hosts.host import Host

__all__ = [
    "ContainerFacts",
    "ContainerState",
    "Endpoint",
    "Health",
    "Inventory",
    "NetworkFacts",
    "PortFacts",
    "SubnetFacts",
    "containers",
    "networks",
    "read",
]

_NONSENSE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)
"""What reading an answer raises that is no engine's."""

_LONGEST = 256
"""An engine takes names and commands of megabytes; whoever shows them needs the beginning."""
_MOST = 1000
"""Containers, or networks, read of one engine; labels, options and endpoints of one of them."""

_SANDBOXES = "run/docker/netns"
_PAUSE_IMAGE = "netquarium/pause"
_BRIDGE_NAME = "com.docker.network.bridge.name"
_VNIS = "com.docker.network.driver.overlay.vxlanid_list"


def read(host: Host) -> Inventory:
    """Read everything. Costs two engine calls and one for each container, 1 to 2 ms apiece.

    What comes or goes meanwhile may or may not be in it: the engine's events tell to read again.

    Raises: EngineUnreachable, also for answers that are not an engine's; EngineRefused.
    """
    with connect(host) as engine:
        version = engine.get("/version")
        try:
            # Containers last: the engine answers about one that it is starting only when it runs.
            known = networks(engine)
            return Inventory(host.name, str(version["Version"]), containers(engine), known)
        except (KeyError, TypeError) as error:
            raise _nonsense(host.name, "the version", error) from error


def containers(engine: Engine, identities: Iterable[str] | None = None) -> tuple[ContainerFacts, ...]:
    """Read some containers, or all, ordered by id. Those that do not exist (any more) are left out.

    Raises: EngineUnreachable; EngineRefused.
    """
    host = engine.host
    try:
        if identities is None:
            identities = [str(found["Id"]) for found in engine.get("/containers/json", all="1")[:_MOST]]
        found = list(_inspected(engine, sorted(set(identities))[:_MOST]))
        pids = process.outer(host.pid, (int(answer["State"]["Pid"]) for answer in found))
        return tuple(_container(host.name, answer, pids) for answer in found)
    except _NONSENSE as error:
        raise _nonsense(host.name, "containers", error) from error


def networks(engine: Engine) -> tuple[NetworkFacts, ...]:
    """Read all networks, ordered by id. Raises: EngineUnreachable; EngineRefused."""
    try:
        answers = sorted(engine.get("/networks")[:_MOST], key=lambda found: str(found["Id"]))
        return tuple(_network(engine.host, answer) for answer in answers)
    except _NONSENSE as error:
        raise _nonsense(engine.host.name, "networks", error) from error


def _nonsense(host: str, subject: str, error: Exception) -> EngineUnreachable:
    return EngineUnreachable(host, f"its answer about {subject} makes no sense ({error!r})")


def _inspected(engine: Engine, identities: Iterable[str]) -> Iterator[dict[str, Any]]:
    before = engine.taken_bytes
    for identity in identities:
        if (answer := _inspect(engine, identity)) is not None:
            yield answer
        if engine.taken_bytes - before > LIMIT_BYTES:
            raise EngineUnreachable(engine.host.name, "its answers do not end")


def _inspect(engine: Engine, identity: str) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = engine.get(f"/containers/{quote(identity, safe='')}/json")
    except EngineRefused as refusal:
        if refusal.status == 404:
            return None
        raise
    return answer


def _container(host: str, answer: dict[str, Any], pids: Mapping[int, int]) -> ContainerFacts:
    config, state, settings = answer["Config"], answer["State"], answer["NetworkSettings"]
    labels = _texts(config.get("Labels"))
    mode = _text(answer["HostConfig"]["NetworkMode"])
    status: ContainerState = state["Status"]
    health = (state.get("Health") or {}).get("Status")
    pid = pids.get(int(state["Pid"]))
    namespace = _namespace_of(pid)
    return ContainerFacts(
        id=_text(answer["Id"]),
        host=host,
        name=_text(str(answer["Name"]).removeprefix("/")),
        image=_text(config["Image"]),
        command=_text(" ".join(_text(word) for word in (answer["Path"], *(answer.get("Args") or ())[:_MOST]))),
        state=status,
        exit_code=int(state["ExitCode"]) if status in ("exited", "dead") else None,
        health=None if health in (None, "none") else health,
        hostname=_text(config.get("Hostname") or ""),
        network_mode=mode,
        joined=mode.partition(":")[2] if mode.startswith("container:") else None,
        service=labels.get(ownership.SERVICE),
        pause=_text(config["Image"]).partition(":")[0] == _PAUSE_IMAGE,
        ports=_ports(settings.get("Ports") or {}),
        endpoints=tuple(
            _endpoint(str(answer["Id"]), name, found)
            for name, found in sorted((settings["Networks"] or {}).items())[:_MOST]
        ),
        namespace=namespace,
        pid=pid if namespace is not None else None,
        labels=labels,
    )


def _endpoint(container: str, name: str, found: dict[str, Any]) -> Endpoint:
    pairs = (
        (found.get("IPAddress"), found.get("IPPrefixLen")),
        (found.get("GlobalIPv6Address"), found.get("GlobalIPv6PrefixLen")),
    )
    aliases = [_text(alias) for alias in (found.get("Aliases") or ())[:_MOST] if alias != container[:12]]
    return Endpoint(
        network_id=_text(found.get("NetworkID") or ""),
        network_name=_text(name),
        endpoint_id=_text(found.get("EndpointID") or ""),
        addresses=tuple(ip_interface(f"{address}/{length}") for address, length in pairs if address),
        gateway=IPv4Address(found["Gateway"]) if found.get("Gateway") else None,
        mac_address=found.get("MacAddress") or None,
        aliases=tuple(dict.fromkeys(aliases)),
    )


def _ports(answer: dict[str, list[dict[str, str]] | None]) -> tuple[PortFacts, ...]:
    ports: list[PortFacts] = []
    for key, bindings in sorted(answer.items())[:_MOST]:
        target, _, protocol = key.partition("/")
        if not bindings:
            ports.append(PortFacts(int(target), protocol, None, None))
        for binding in bindings or ():
            address = _address(binding["HostIp"]) or IPv4Address(0)
            ports.append(PortFacts(int(target), protocol, int(binding["HostPort"]), address))
    return tuple(ports)


def _network(host: Host, answer: dict[str, Any]) -> NetworkFacts:
    identity, driver = _text(answer["Id"]), _text(answer["Driver"])
    options = _texts(answer.get("Options"))
    pools: list[dict[str, Any]] = (answer.get("IPAM") or {}).get("Config") or []
    return NetworkFacts(
        id=identity,
        host=host.name,
        name=_text(answer["Name"]),
        driver=driver,
        scope=_text(answer["Scope"]),
        subnets=tuple(_subnet(pool) for pool in pools if pool.get("Subnet")),
        internal=bool(answer["Internal"]),
        attachable=bool(answer["Attachable"]),
        ingress=bool(answer["Ingress"]),
        enable_ipv6=bool(answer["EnableIPv6"]),
        bridge=options.get(_BRIDGE_NAME, f"br-{identity[:12]}") if driver == "bridge" else None,
        vnis=tuple(int(vni) for vni in options.get(_VNIS, "").split(",") if vni),
        sandbox=_sandbox(host, f"1-{identity[:10]}") if driver == "overlay" else None,
        options=options,
        labels=_texts(answer.get("Labels")),
    )


def _subnet(pool: dict[str, Any]) -> SubnetFacts:
    return SubnetFacts(
        subnet=ip_network(pool["Subnet"], strict=False),
        # Engines before 23 write the gateway of an IPv6 subnet with its prefix length.
        gateway=_address(str(pool.get("Gateway") or "").partition("/")[0]),
        ip_range=ip_network(pool["IPRange"], strict=False) if pool.get("IPRange") else None,
    )


def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _texts(answer: Mapping[str, object] | None) -> dict[str, str]:
    return {_text(key): _text(value) for key, value in islice((answer or {}).items(), _MOST)}


def _address(text: str) -> IPv4Address | IPv6Address | None:
    return ip_address(text) if text else None


def _namespace_of(pid: int | None) -> Namespace | None:
    if pid is None:
        return None
    try:
        return identify(f"/proc/{pid}/ns/net")
    except NamespaceGone:
        return None


def _sandbox(host: Host, name: str) -> Namespace | None:
    """Find the overlay's namespace, which libnetwork keeps alive by a bind mount named after the network."""
    try:
        descriptor = rooted.open_below(host.root, f"{_SANDBOXES}/{name}", os.O_PATH)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        return Namespace(found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
    finally:
        os.close(descriptor)
