"""Create and start a container on one engine."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import quote

from labs.engine import ownership
from labs.engine.client import Engine
from labs.engine.errors import EngineRefused
from labs.specs.lab import Attachment, Container, Healthcheck, Lab, ModeKind

_NANO = 1_000_000_000


def run(engine: Engine, lab: Lab, container: Container) -> str:
    """Create a container, attach it to all its networks and start it. Returns its id.

    Attachments after the first are made before the start, so that a restart finds them all. One made before from the
    same definition is taken over and, if it only got half way, finished. Costs two engine calls, and one more for
    each further network.

    Raises: EngineRefused, also when another container has the name; EngineUnreachable.
    """
    definition = body(lab, container)
    names = {network.key: network.name for network in lab.networks}
    try:
        identity = str(engine.post("/containers/create", definition, name=container.name)["Id"])
    except EngineRefused as refusal:
        if refusal.status != 409:
            raise
        found: dict[str, Any] = engine.get(f"/containers/{quote(container.name)}/json")
        if (found["Config"].get("Labels") or {}).get(ownership.DEFINITION) != definition["Labels"][
            ownership.DEFINITION
        ]:
            raise
        identity = str(found["Id"])
        if found["State"]["Status"] != "created":
            return identity
    for attachment in container.attachments[1:]:
        request = {"Container": identity, "EndpointConfig": _endpoint(container, attachment)}
        engine.post(f"/networks/{quote(names[attachment.network])}/connect", request)
    engine.post(f"/containers/{identity}/start", {})
    return identity


def body(lab: Lab, container: Container) -> dict[str, Any]:
    """Return the body of the engine's `POST /containers/create`. Pure."""
    names = {network.key: network.name for network in lab.networks}
    primary = container.attachments[0] if container.attachments else None
    joined = container.mode.kind is ModeKind.CONTAINER
    config: dict[str, Any] = {
        "Image": container.image,
        "Labels": ownership.container_labels(lab, container),
        "Env": [f"{name}={value}" for name, value in container.environment.items()],
        "ExposedPorts": _exposed(container),
        "HostConfig": _host_config(container, names),
    }
    if container.command is not None:
        config["Cmd"] = list(container.command)
    if container.entrypoint is not None:
        config["Entrypoint"] = list(container.entrypoint)
    if container.hostname is not None and not joined:
        config["Hostname"] = container.hostname
    if container.user is not None:
        config["User"] = container.user
    if container.working_dir is not None:
        config["WorkingDir"] = container.working_dir
    config["Tty"], config["OpenStdin"] = container.tty, container.stdin_open
    if container.healthcheck is not None:
        config["Healthcheck"] = _healthcheck(container.healthcheck)
    if container.stop_grace_s is not None:
        config["StopTimeout"] = max(1, round(container.stop_grace_s))
    if primary is not None:
        config["NetworkingConfig"] = {"EndpointsConfig": {names[primary.network]: _endpoint(container, primary)}}
        if primary.mac_address is not None:
            # Engine 20.10 takes a MAC for the primary network only, and here rather than at the endpoint.
            config["MacAddress"] = primary.mac_address
    elif container.mac_address is not None:
        config["MacAddress"] = container.mac_address
    return config


def _host_config(container: Container, names: dict[str, str]) -> dict[str, Any]:
    config: dict[str, Any] = {
        "NetworkMode": _network_mode(container, names),
        "PortBindings": _bindings(container),
        "RestartPolicy": _restart_policy(container.restart),
    }
    if container.dns:
        config["Dns"] = [str(address) for address in container.dns]
    if container.dns_search:
        config["DnsSearch"] = list(container.dns_search)
    if container.dns_options:
        config["DnsOptions"] = list(container.dns_options)
    if container.hosts_entries:
        config["ExtraHosts"] = [f"{name}:{address}" for name, address in container.hosts_entries.items()]
    if container.sysctls:
        config["Sysctls"] = dict(container.sysctls)
    if container.cap_add:
        config["CapAdd"] = list(container.cap_add)
    if container.cap_drop:
        config["CapDrop"] = list(container.cap_drop)
    if container.init:
        config["Init"] = True
    if container.memory_bytes is not None:
        config["Memory"] = container.memory_bytes
    if container.cpus is not None:
        config["NanoCpus"] = round(container.cpus * _NANO)
    if container.pids_limit is not None:
        config["PidsLimit"] = container.pids_limit
    return config


def _network_mode(container: Container, names: dict[str, str]) -> str:
    match container.mode.kind:
        case ModeKind.NETWORKS:
            return names[container.attachments[0].network]
        case ModeKind.CONTAINER:
            return f"container:{container.mode.target}"
        case kind:
            return kind.value


def _endpoint(container: Container, attachment: Attachment) -> dict[str, Any]:
    """Return an EndpointSettings. The service's name is an alias everywhere, as Compose makes it."""
    endpoint: dict[str, Any] = {"Aliases": list(dict.fromkeys((container.service, *attachment.aliases)))}
    addresses: dict[str, IPv4Address | IPv6Address | None] = {
        "IPv4Address": attachment.ipv4_address,
        "IPv6Address": attachment.ipv6_address,
    }
    static = {key: str(address) for key, address in addresses.items() if address is not None}
    if static:
        endpoint["IPAMConfig"] = static
    return endpoint


def _exposed(container: Container) -> dict[str, dict[str, str]]:
    ports = [f"{port.target}/{port.protocol}" for port in container.ports]
    ports += [port if "/" in port else f"{port}/tcp" for port in container.expose]
    return {port: {} for port in ports}


def _bindings(container: Container) -> dict[str, list[dict[str, str]]]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in container.ports:
        bindings.setdefault(f"{port.target}/{port.protocol}", []).append(
            {
                "HostIp": "" if port.host_ip is None else str(port.host_ip),
                "HostPort": "" if port.published is None else str(port.published),
            }
        )
    return bindings


def _restart_policy(restart: str) -> dict[str, Any]:
    name, _, count = restart.partition(":")
    return {"Name": "" if name == "no" else name, "MaximumRetryCount": int(count) if count else 0}


def _healthcheck(check: Healthcheck) -> dict[str, Any]:
    return {
        "Test": list(check.test),
        "Interval": round(check.interval_s * _NANO),
        "Timeout": round(check.timeout_s * _NANO),
        "Retries": check.retries,
        "StartPeriod": round(check.start_period_s * _NANO),
    }
