"""What is asked of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from labs.engine import container as engine_container
from labs.engine import network as engine_network
from labs.engine import ownership
from labs.specs.lab import Attachment, Container, Driver, Healthcheck, Mode, ModeKind, Port

from .labs import container, lab, network


def test_the_first_attachment_is_the_network_mode_and_the_only_endpoint() -> None:
    front = replace(network("front"), name="drill_front")
    web = container("web", Attachment("front", ("www",), IPv4Address("172.18.0.9")), "back")
    body = engine_container.body(lab(networks=[front, network("back")], containers=[web]), web)
    assert body["HostConfig"]["NetworkMode"] == "drill_front"
    assert body["NetworkingConfig"]["EndpointsConfig"] == {
        "drill_front": {"Aliases": ["web", "www"], "IPAMConfig": {"IPv4Address": "172.18.0.9"}}
    }


def test_the_mac_address_of_the_primary_network_goes_to_the_container() -> None:
    web = container("web", Attachment("front", mac_address="02:00:00:00:00:09"))
    assert engine_container.body(lab(networks=[network("front")]), web)["MacAddress"] == "02:00:00:00:00:09"


def test_a_joined_container_names_its_target_and_no_hostname() -> None:
    side = replace(container("side"), mode=Mode(ModeKind.CONTAINER, "pause"), hostname="side")
    body = engine_container.body(lab(), side)
    assert body["HostConfig"]["NetworkMode"] == "container:pause"
    assert "Hostname" not in body


def test_ports_are_exposed_and_bound() -> None:
    ports = (Port(80, published=8080), Port(53, "udp", host_ip=IPv6Address("::1")))
    body = engine_container.body(lab(), replace(container("web"), ports=ports, expose=("9000",)))
    assert set(body["ExposedPorts"]) == {"80/tcp", "53/udp", "9000/tcp"}
    assert body["HostConfig"]["PortBindings"] == {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}],
        "53/udp": [{"HostIp": "::1", "HostPort": ""}],
    }


def test_restart_and_health_are_in_the_engines_units() -> None:
    check = Healthcheck(("CMD", "true"), interval_s=0.5, timeout_s=1, retries=2)
    body = engine_container.body(lab(), replace(container("web"), restart="on-failure:3", healthcheck=check))
    assert body["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    assert body["Healthcheck"]["Interval"] == 500_000_000


def test_labels_let_compose_find_containers_and_cannot_be_displaced() -> None:
    replica = replace(container("web-2"), service="web", labels={ownership.LAB: "stolen", "mine": "kept"})
    labels = ownership.container_labels(lab(), replica)
    assert labels["com.docker.compose.project"] == "drill"
    assert labels["com.docker.compose.container-number"] == "2"
    assert labels[ownership.LAB] == "drill"
    assert labels["mine"] == "kept"


def test_a_changed_definition_has_another_digest() -> None:
    web = container("web")
    first, second = (
        ownership.container_labels(lab(), found)[ownership.DEFINITION]
        for found in (web, replace(web, image="netquarium/web:1"))
    )
    assert first != second


def test_a_macvlan_has_the_underlay_as_parent_unless_said_otherwise() -> None:
    lan = network("lan", driver=Driver.MACVLAN)
    assert engine_network.body(lab(), lan, "alpha")["Options"] == {"parent": "eth0"}
    other = replace(lan, driver_opts={"parent": "eth1"})
    assert engine_network.body(lab(), other, "alpha")["Options"] == {"parent": "eth1"}


def test_an_overlay_is_always_attachable() -> None:
    assert engine_network.body(lab(), network("mesh", driver=Driver.OVERLAY), "alpha")["Attachable"] is True


CHANGES: Mapping[str, object] = {
    "service": "other",
    "image": "netquarium/web:1",
    "mode": Mode(ModeKind.NONE),
    "attachments": (Attachment("front"),),
    "command": ("true",),
    "entrypoint": ("true",),
    "environment": {"A": "1"},
    "labels": {"a": "1"},
    "hostname": "other",
    "ports": (Port(80),),
    "expose": ("80",),
    "dns": (IPv4Address("10.0.0.1"),),
    "dns_search": ("example",),
    "dns_options": ("ndots:5",),
    "hosts_entries": {"db": "10.0.0.1"},
    "sysctls": {"net.ipv4.ip_forward": "1"},
    "cap_add": ("NET_ADMIN",),
    "cap_drop": ("NET_RAW",),
    "healthcheck": Healthcheck(("CMD", "true")),
    "restart": "always",
    "init": True,
    "memory_bytes": 1 << 26,
    "cpus": 0.5,
    "pids_limit": 10,
    "stop_grace_s": 1.0,
    "mac_address": "02:00:00:00:00:09",
    "user": "nobody",
    "working_dir": "/tmp",
    "tty": True,
    "stdin_open": True,
}
NOT_IN_THE_BODY = {"name", "host", "depends_on"}


@pytest.mark.parametrize("field", [found.name for found in fields(Container) if found.name not in NOT_IN_THE_BODY])
def test_no_field_of_a_container_is_dropped(field: str) -> None:
    """Labels are left out of the comparison: they hold a digest of the whole definition."""
    definition, plain = lab(networks=[network("front")]), container("web")
    changed = replace(plain, **{field: CHANGES[field]})  # type: ignore[arg-type]  # a table of mixed fields
    first, second = (engine_container.body(definition, found) for found in (plain, changed))
    if field not in ("service", "labels"):
        del first["Labels"], second["Labels"]
    assert first != second
