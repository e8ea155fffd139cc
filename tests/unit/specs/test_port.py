"""`ports` and `expose`, short and long."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from labs.specs import Code, Port

from .lab_files import assert_problem, assert_warning, container_of, lab_of, on, services


@pytest.mark.parametrize(
    ("written", "ports"),
    [
        ("80", [Port(80)]),
        ("'80'", [Port(80)]),
        ("'8080:80'", [Port(80, "tcp", 8080)]),
        ("'8080:80/udp'", [Port(80, "udp", 8080)]),
        ("'8080:80/UDP'", [Port(80, "udp", 8080)]),
        ("'127.0.0.1:8080:80'", [Port(80, "tcp", 8080, IPv4Address("127.0.0.1"))]),
        ("'127.0.0.1::80'", [Port(80, "tcp", None, IPv4Address("127.0.0.1"))]),
        ("'[::1]:8080:80'", [Port(80, "tcp", 8080, IPv6Address("::1"))]),
        ("'::1:8080:80'", [Port(80, "tcp", 8080, IPv6Address("::1"))]),
        ("'3000-3001'", [Port(3000), Port(3001)]),
        ("'9090-9091:80-81'", [Port(80, "tcp", 9090), Port(81, "tcp", 9091)]),
        ("'8000-9000:80'", [Port(80, "tcp", 8000)]),
        ("'0:80'", [Port(80)]),
        ("{target: 80}", [Port(80)]),
        ("{target: 80, published: 8080}", [Port(80, "tcp", 8080)]),
        ("{target: 80, published: '8080-8090'}", [Port(80, "tcp", 8080)]),
        (
            "{target: 53, published: '53', protocol: udp, host_ip: 0.0.0.0}",
            [Port(53, "udp", 53, IPv4Address("0.0.0.0"))],
        ),
    ],
)
def test_each_form_of_a_port_is_read(written: str, ports: list[Port]) -> None:
    assert container_of(f"ports: [{written}]").ports == tuple(ports)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("«'80:80:80:80:x'", Code.BAD_VALUE),
        ("«'web'", Code.BAD_VALUE),
        ("«''", Code.BAD_VALUE),
        ("«'70000:80'", Code.BAD_VALUE),
        ("«'80:0'", Code.BAD_VALUE),
        ("«'90-80:80'", Code.BAD_VALUE),
        ("«'8000-8002:80-81'", Code.BAD_VALUE),
        ("«'80/icmp'", Code.BAD_VALUE),
        ("«'300.1.1.1:80:80'", Code.BAD_VALUE),
        ("«'10.9.9.9:80:80'", Code.BAD_VALUE),
        ("«{published: 80}", Code.MISSING_KEY),
        ("{target: «0}", Code.LIMIT),
        ("{target: 80, published: «x}", Code.BAD_VALUE),
        ("{target: 80, protocol: «icmp}", Code.BAD_VALUE),
        ("{target: 80, «targett: 80}", Code.UNKNOWN_KEY),
        ("«[80]", Code.WRONG_TYPE),
    ],
)
def test_a_port_that_cannot_be_is_refused(written: str, code: Code) -> None:
    assert_problem(code, services(web=f"ports: [{written}]"))


def test_a_service_has_a_bounded_number_of_ports() -> None:
    assert_problem(Code.LIMIT, services(web="ports: «['1-100']"))


def test_an_unquoted_port_that_older_tools_misread_is_reported() -> None:
    assert_warning(Code.BAD_VALUE, services(web="ports: [«2222:22]"))


def test_expose_takes_numbers_ranges_and_protocols() -> None:
    assert container_of("expose: [80, '53/udp', '3000-3001']").expose == ("80/tcp", "53/udp", "3000/tcp", "3001/tcp")


def test_a_host_port_is_published_once() -> None:
    assert_problem(Code.PORT_TAKEN, services(one="ports: ['80:80']", two="ports: [«'80:81']"))


@pytest.mark.parametrize("second", ["'127.0.0.1:80:81'", "'0.0.0.0:80:81'", "'[::]:80:81'"])
def test_every_address_includes_each_one(second: str) -> None:
    assert_problem(Code.PORT_TAKEN, services(one="ports: ['80:80']", two=f"ports: [«{second}]"))


def test_ports_do_not_meet_across_protocols_addresses_or_hosts() -> None:
    lab_of(
        services(
            one="ports: ['80:80', '80:80/udp', '127.0.0.1:81:80']",
            two="ports: ['10.77.0.11:81:80', '[::1]:81:80']",
            three=f"ports: ['80:80'], {on('beta')}",
        )
    )


def test_replicas_share_a_range() -> None:
    lab = lab_of(services(web=f"ports: ['8000-8002:80'], scale: 3, {on('alpha')}"))
    assert [container.ports[0].published for container in lab.containers] == [8000, 8001, 8002]


def test_replicas_on_one_host_cannot_share_a_port() -> None:
    assert_problem(Code.PORT_TAKEN, services(web="ports: [«'8000:80'], scale: 2"), lab="title: Drill\n")


def test_replicas_on_two_hosts_each_have_the_port() -> None:
    lab = lab_of(services(web="ports: ['8000:80'], scale: 2"))
    assert [(each.host, each.ports[0].published) for each in lab.containers] == [("alpha", 8000), ("beta", 8000)]


@pytest.mark.parametrize("network", ["internal: true", "driver: macvlan, driver_opts: {parent: eth0}"])
def test_ports_nobody_can_publish_are_reported(network: str) -> None:
    assert_warning(
        Code.PORT_UNPUBLISHED, services(web="networks: [n], «ports: ['80:80']") + f"networks: {{n: {{{network}}}}}"
    )


def test_a_swarms_own_port_is_taken() -> None:
    overlay = "networks: {o: {driver: overlay, attachable: true}}"
    assert_problem(Code.PORT_TAKEN, services(web="networks: [o], ports: [«'7946:80']") + overlay)
