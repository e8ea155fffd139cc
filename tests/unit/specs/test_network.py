"""Networks: what is read of them, and what must hold between them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Network

import pytest

from labs.specs import Code, Driver, KernelFeature, Subnet

from .lab_files import (
    ONE_HOST,
    assert_problem,
    assert_warning,
    lab_of,
    network_of,
    networks,
    on,
    reading_of,
    services,
    subnet,
)

MACVLAN = "driver: macvlan, driver_opts: {parent: eth0}"
OVERLAY = "driver: overlay, attachable: true"
LAN = "10.77.0.0/24"


def of(network: str, use: str = "networks: [net]", **others: str) -> str:
    """Write one service on one network."""
    return services(web=use, **others) + networks(net=network)


@pytest.mark.parametrize(
    ("written", "attribute", "value"),
    [
        ("", "driver", Driver.BRIDGE),
        ("", "name", "net"),
        ("name: shop", "name", "shop"),
        ("driver: bridge", "driver", Driver.BRIDGE),
        ("driver: ipvlan, driver_opts: {parent: eth0}", "driver", Driver.IPVLAN),
        (MACVLAN, "driver_opts", {"parent": "eth0"}),
        (OVERLAY, "attachable", True),
        ("internal: true", "internal", True),
        ("enable_ipv6: true", "enable_ipv6", True),
        ("labels: [a=b]", "labels", {"a": "b"}),
        (
            "driver_opts: {com.docker.network.driver.mtu: 1400}",
            "driver_opts",
            {"com.docker.network.driver.mtu": "1400"},
        ),
        (
            "driver_opts: {com.docker.network.bridge.enable_icc: false}",
            "driver_opts",
            {"com.docker.network.bridge.enable_icc": "false"},
        ),
        ("x-note: anything", "key", "net"),
        (
            subnet("172.30.0.0/24", "gateway: 172.30.0.254, ip_range: 172.30.0.128/25, aux_addresses: {a: 172.30.0.9}"),
            "subnets",
            (
                Subnet(
                    IPv4Network("172.30.0.0/24"),
                    IPv4Address("172.30.0.254"),
                    IPv4Network("172.30.0.128/25"),
                    {"a": IPv4Address("172.30.0.9")},
                ),
            ),
        ),
        (
            "enable_ipv6: true, ipam: {driver: default, config: [{subnet: 172.30.0.0/24}, {subnet: 'fd00:1::/64'}]}",
            "subnets",
            (Subnet(IPv4Network("172.30.0.0/24")), Subnet(IPv6Network("fd00:1::/64"))),
        ),
    ],
)
def test_each_key_is_read(written: str, attribute: str, value: object) -> None:
    assert getattr(network_of(written), attribute) == value


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("driver: «brigde", Code.BAD_VALUE),
        ("driver: «host", Code.BAD_VALUE),
        ("«external: true", Code.REFUSED_KEY),
        ("«driver_opt: {}", Code.UNKNOWN_KEY),
        ("internal: «sometimes", Code.WRONG_TYPE),
        ("name: «bridge", Code.BAD_NAME),
        ("name: «'a b'", Code.BAD_NAME),
        ("ipam: {driver: «custom}", Code.BAD_VALUE),
        ("ipam: {«options: {a: b}}", Code.REFUSED_KEY),
        ("ipam: {config: «{subnet: 172.30.0.0/24}}", Code.WRONG_TYPE),
        ("ipam: {config: [«{gateway: 172.30.0.1}]}", Code.MISSING_KEY),
        ("ipam: {config: [{«subnets: 172.30.0.0/24}]}", Code.UNKNOWN_KEY),
        (subnet("«172.30.0.0"), Code.BAD_VALUE),
        (subnet("«172.30.0.7/24"), Code.BAD_VALUE),
        (subnet("«172.30.0.0/33"), Code.BAD_VALUE),
        (subnet("«172.30.0.0/255.255.255.0"), Code.BAD_VALUE),
        (subnet("«127.0.0.0/16"), Code.BAD_VALUE),
        (subnet("«224.1.0.0/16"), Code.BAD_VALUE),
        (subnet("«0.0.0.0/0"), Code.BAD_VALUE),
        (subnet("172.30.0.0/24", "gateway: «172.31.0.1"), Code.ADDRESS_OUTSIDE),
        (subnet("172.30.0.0/24", "gateway: «172.30.0.0"), Code.ADDRESS_RESERVED),
        (subnet("172.30.0.0/24", "gateway: «172.30.0.255"), Code.ADDRESS_RESERVED),
        (subnet("172.30.0.0/24", "gateway: «'fd00::1'"), Code.ADDRESS_OUTSIDE),
        (subnet("172.30.0.0/24", "ip_range: «172.31.0.0/25"), Code.ADDRESS_OUTSIDE),
        (subnet("172.30.0.0/24", "ip_range: «172.30.0.0/16"), Code.ADDRESS_OUTSIDE),
        (subnet("172.30.0.0/24", "aux_addresses: {a: «172.31.0.1}"), Code.ADDRESS_OUTSIDE),
        (subnet("172.30.0.0/24", "aux_addresses: {a: «172.30.0.1}"), Code.ADDRESS_TAKEN),
        (subnet("172.30.0.0/24", "aux_addresses: {a: 172.30.0.9, b: «172.30.0.9}"), Code.ADDRESS_TAKEN),
        (subnet("«172.30.0.0/31"), Code.SUBNET_FULL),
        (subnet("«172.30.0.0/32"), Code.SUBNET_FULL),
        ("ipam: {config: [{subnet: 172.30.0.0/24}, {subnet: «172.31.0.0/24}]}", Code.CONFLICT),
        (subnet("«'fd00:1::/64'"), Code.IPV6_DISABLED),
        ("enable_ipv6: true, " + subnet("«'fe80::/64'"), Code.BAD_VALUE),
        (subnet("«172.17.9.0/24"), Code.SUBNET_OVERLAP),
        (subnet("«10.77.0.128/25"), Code.SUBNET_OVERLAP),
        ("driver: «macvlan", Code.PARENT),
        ("driver: macvlan, driver_opts: {«parent: eth1}", Code.PARENT),
        ("driver: macvlan, driver_opts: {«parent: eth0.4095}", Code.PARENT),
        ("driver: «ipvlan", Code.PARENT),
        ("driver: macvlan, driver_opts: {parent: eth0, «macvlan_mode: vpea}", Code.DRIVER_OPTION),
        ("driver_opts: {«com.docker.network.driver.mtu: big}", Code.DRIVER_OPTION),
        ("driver_opts: {«com.docker.network.driver.mtu: 20}", Code.DRIVER_OPTION),
        ("driver_opts: {«com.docker.network.bridge.name: docker0}", Code.DRIVER_OPTION),
        ("driver_opts: {«com.docker.network.bridge.name: much-too-long-a-name}", Code.DRIVER_OPTION),
        ("driver_opts: {«com.docker.network.bridge.enable_icc: never}", Code.DRIVER_OPTION),
        ("driver: «overlay", Code.OVERLAY),
        ("driver: overlay, attachable: «false", Code.OVERLAY),
        ("driver: «overlay, attachable: true, enable_ipv6: true", Code.OVERLAY),
        ("driver: overlay, attachable: true, name: «a.b", Code.BAD_NAME),
        (OVERLAY + ", " + subnet("«172.18.0.0/24"), Code.SUBNET_OVERLAP),
        (OVERLAY + ", " + subnet("«10.77.0.0/24"), Code.SUBNET_OVERLAP),
    ],
)
def test_each_fault_has_its_place(written: str, code: Code) -> None:
    assert_problem(code, of(written))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("attachable: «true", Code.IGNORED_KEY),
        ("driver_opts: {«parent: eth0}", Code.DRIVER_OPTION),
        ("driver_opts: {«com.docker.network.bridge.enable_ic: false}", Code.DRIVER_OPTION),
    ],
)
def test_what_the_engine_ignores_is_reported(written: str, code: Code) -> None:
    assert_warning(code, of(written))


def test_an_unused_network_is_reported_and_not_made() -> None:
    compose = services(web="") + "networks:\n  «spare: {}\n"
    assert_warning(Code.UNUSED_NETWORK, compose)
    lab = reading_of(compose).lab
    assert lab is not None
    assert [network.key for network in lab.networks] == ["default"]


@pytest.mark.parametrize("key", ["bridge", "host", "none", "default"])
def test_a_key_that_is_an_engines_own_network_gets_the_labs_name(key: str) -> None:
    lab = lab_of(services(web=f"networks: [{key}]") + f"networks: {{{key}: }}")
    assert lab.networks[0].name == f"drill_{key}"


def test_two_networks_of_one_name_meet_only_on_one_host() -> None:
    pair = "networks:\n  one: {name: same}\n  two: {name: %ssame}\n"
    assert_problem(Code.NAME_TAKEN, services(a1="networks: [one]", a2="networks: [two]") + pair % "«")
    lab_of(services(a1="networks: [one]", a2=f"networks: [two], {on('beta')}") + pair % "")


def test_two_bridges_of_one_name_meet_on_one_host() -> None:
    named = "driver_opts: {%scom.docker.network.bridge.name: br-shop}"
    compose = services(a1="networks: [one]", a2="networks: [two]") + networks(one=named % "", two=named % "«")
    assert_problem(Code.NAME_TAKEN, compose)


# --- hosts and subnets --------------------------------------------------------------------------------------------


def test_a_network_is_on_the_hosts_of_its_members() -> None:
    lab = lab_of(of("", web2=f"networks: [net], {on('beta')}"), lab="title: T\nhosts: [alpha, beta, gamma]\n")
    assert lab.networks[0].hosts == ("alpha", "beta")


def test_declared_subnets_come_first() -> None:
    lab = lab_of(services(a1="networks: [one, two]") + networks(one="", two=subnet("172.18.0.0/16")))
    assert [network.key for network in lab.networks] == ["two", "one"]


def test_overlapping_subnets_on_one_host_are_refused() -> None:
    compose = services(a1="networks: [one]", a2="networks: [two]")
    problem = assert_problem(
        Code.SUBNET_OVERLAP, compose + networks(one=subnet("172.30.0.0/16"), two=subnet("«172.30.5.0/24"))
    )
    assert "'alpha'" in problem.message
    assert "172.30.0.0/16" in problem.message


def test_equal_subnets_on_two_hosts_are_legal() -> None:
    compose = services(a1="networks: [one]", a2=f"networks: [two], {on('beta')}")
    lab_of(compose + networks(one=subnet("172.30.0.0/24"), two=subnet("172.30.0.0/24")))


def test_two_subnets_of_one_macvlan_may_not_overlap() -> None:
    both = "ipam: {config: [{subnet: 10.8.0.0/16}, {subnet: «10.8.1.0/24}]}"
    assert_problem(Code.SUBNET_OVERLAP, of(f"{MACVLAN}, {both}"))


def test_a_full_subnet_is_refused() -> None:
    assert_problem(
        Code.SUBNET_FULL,
        services(web="networks: [net], scale: 6") + networks(net=subnet("«172.30.0.0/29")),
        lab=ONE_HOST,
    )
    lab_of(services(web="networks: [net], scale: 5") + networks(net=subnet("172.30.0.0/29")), lab=ONE_HOST)


# --- addresses ----------------------------------------------------------------------------------------------------


def static(address: str, key: str = "ipv4_address") -> str:
    return f"networks: {{net: {{{key}: {address}}}}}"


@pytest.mark.parametrize(
    ("address", "network", "code"),
    [
        ("«172.31.0.5", subnet("172.30.0.0/24"), Code.ADDRESS_OUTSIDE),
        ("«172.30.0.1", subnet("172.30.0.0/24"), Code.ADDRESS_RESERVED),
        ("«172.30.0.0", subnet("172.30.0.0/24"), Code.ADDRESS_RESERVED),
        ("«172.30.0.255", subnet("172.30.0.0/24"), Code.ADDRESS_RESERVED),
        ("«172.30.0.9", subnet("172.30.0.0/24", "gateway: 172.30.0.9"), Code.ADDRESS_RESERVED),
        ("«172.30.0.9", subnet("172.30.0.0/24", "aux_addresses: {router: 172.30.0.9}"), Code.ADDRESS_RESERVED),
        ("«172.30.0.128", subnet("172.30.0.0/24", "ip_range: 172.30.0.128/25"), Code.ADDRESS_RESERVED),
        ("«172.30.0.9", "", Code.SUBNET_MISSING),
        ("«10.77.0.11", f"{MACVLAN}, {subnet(LAN)}", Code.ADDRESS_TAKEN),
        ("«10.77.0.1", f"{MACVLAN}, {subnet(LAN, 'gateway: 10.77.0.254')}", Code.ADDRESS_TAKEN),
    ],
)
def test_an_address_that_cannot_be_given_is_refused(address: str, network: str, code: Code) -> None:
    assert_problem(code, of(network, static(address)))


def test_an_ipv6_address_needs_ipv6() -> None:
    assert_problem(Code.IPV6_DISABLED, of(subnet("172.30.0.0/24"), static("«'fd00:1::5'", "ipv6_address")))
    assert_problem(Code.SUBNET_MISSING, of("enable_ipv6: true", static("«'fd00:1::5'", "ipv6_address")))


def test_one_address_belongs_to_one_container() -> None:
    pair = services(a1=static("172.30.0.50"), a2=static("«172.30.0.50"))
    assert_problem(Code.ADDRESS_TAKEN, pair + networks(net=subnet("172.30.0.0/24")))


def test_the_same_address_on_two_hosts_bridges_is_legal() -> None:
    pair = services(a1=static("172.30.0.50"), a2=f"{static('172.30.0.50')}, {on('beta')}")
    lab_of(pair + networks(net=subnet("172.30.0.0/24")))


def test_the_same_address_on_an_overlay_is_not() -> None:
    pair = services(a1=static("172.30.0.50"), a2=f"{static('«172.30.0.50')}, {on('beta')}")
    assert_problem(Code.ADDRESS_TAKEN, pair + networks(net=f"{OVERLAY}, {subnet('172.30.0.0/24')}"))


def test_replicas_on_one_network_cannot_share_an_address() -> None:
    compose = services(web=f"{static('«172.30.0.50')}, scale: 2") + networks(net=subnet("172.30.0.0/24"))
    assert_problem(Code.ADDRESS_TAKEN, compose, lab=ONE_HOST)


def test_one_mac_belongs_to_one_container_of_a_segment() -> None:
    mac = "networks: [net], mac_address: %s'02:42:0a:00:00:05'"
    assert_problem(Code.MAC_TAKEN, services(a1=mac % "", a2=mac % "«") + networks(net=""))
    apart = services(a1=mac % "", a2=f"{mac % ''}, {on('beta')}")
    lab_of(apart + networks(net=""))
    lan = networks(net=f"{MACVLAN}, {subnet(LAN)}")
    assert_problem(Code.MAC_TAKEN, services(a1=mac % "", a2=f"{mac % '«'}, {on('beta')}") + lan)


def test_ipvlan_has_no_macs_of_its_own() -> None:
    compose = of("driver: ipvlan, driver_opts: {parent: eth0}", "networks: [net], mac_address: «'02:42:0a:00:00:05'")
    assert_problem(Code.CONFLICT, compose)


def test_an_address_another_may_be_dealt_first_is_reported() -> None:
    compose = services(a1="networks: [net]", a2=static("«172.30.0.2")) + networks(net=subnet("172.30.0.0/24"))
    assert_warning(Code.ADDRESS_RACE, compose)


@pytest.mark.parametrize("network", [subnet("172.30.0.0/24", "ip_range: 172.30.0.128/25")])
def test_a_range_keeps_chosen_addresses_apart(network: str) -> None:
    lab_of(services(a1="networks: [net]", a2=static("172.30.0.2")) + networks(net=network))


# --- macvlan, ipvlan, overlay -------------------------------------------------------------------------------------


def test_macvlans_of_two_hosts_meet_on_the_underlay() -> None:
    lab_of(
        services(a1="networks: [one]", a2=f"networks: [two], {on('beta')}")
        + networks(
            one=f"{MACVLAN}, {subnet(LAN, 'ip_range: 10.77.0.64/27')}",
            two=f"{MACVLAN}, {subnet(LAN, 'ip_range: 10.77.0.96/27')}",
        )
    )


def test_macvlans_of_two_hosts_may_not_deal_out_the_same_addresses() -> None:
    assert_problem(
        Code.SUBNET_OVERLAP,
        services(a1="networks: [one]", a2=f"networks: [two], {on('beta')}")
        + networks(one=f"{MACVLAN}, {subnet(LAN)}", two=f"{MACVLAN}, {subnet('«' + LAN)}"),
    )


def test_one_macvlan_over_two_hosts_is_legal() -> None:
    lab_of(of(f"{MACVLAN}, {subnet(LAN)}", web2=f"networks: [net], {on('beta')}"))


def test_one_parent_serves_one_network_of_a_host() -> None:
    macvlan = "driver: macvlan, driver_opts: {«parent: eth0}"
    compose = services(a1="networks: [one]", a2="networks: [two]")
    assert_problem(
        Code.PARENT,
        compose + networks(one=f"{MACVLAN}, {subnet('10.8.0.0/24')}", two=f"{macvlan}, {subnet('10.9.0.0/24')}"),
    )


@pytest.mark.parametrize(
    ("network", "feature"),
    [
        ("driver: «ipvlan, driver_opts: {parent: eth0}", KernelFeature.IPVLAN),
        ("driver: «macvlan, driver_opts: {parent: eth0}", KernelFeature.MACVLAN),
        ("driver: macvlan, driver_opts: {«parent: eth0.10}", KernelFeature.VLAN),
        ("driver: «macvlan, internal: true", KernelFeature.DUMMY),
        ("driver: «overlay, attachable: true", KernelFeature.VXLAN),
        ("driver: overlay, attachable: true, driver_opts: {«encrypted: ''}", KernelFeature.XFRM),
    ],
)
def test_what_the_kernel_lacks_is_refused_before_launch(network: str, feature: KernelFeature) -> None:
    problem = assert_problem(Code.KERNEL_LACKS, of(network), missing=frozenset({feature}))
    assert feature in problem.message
    lab_of(of(network.replace("«", "")))


def test_sctp_needs_a_kernel_that_has_it() -> None:
    compose = services(web="ports: [«'80:80/sctp']")
    assert_problem(Code.KERNEL_LACKS, compose, missing=frozenset({KernelFeature.SCTP}))


def test_an_overlay_needs_two_hosts() -> None:
    assert_problem(Code.OVERLAY, of("driver: «overlay, attachable: true"), lab=ONE_HOST)


def test_an_overlay_lists_the_hosts_of_its_members() -> None:
    lab = lab_of(of(OVERLAY, web2=f"networks: [net], {on('beta')}"))
    assert lab.needs_swarm
    assert lab.networks[0].hosts == ("alpha", "beta")
