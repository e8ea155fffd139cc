"""`lab.yml`: title, hosts, underlay, limits."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from labs.specs import Code, LabHost, Limits

from .lab_files import assert_problem, lab_of, services

ONE = services(web="network_mode: none")


def hosts(written: str, underlay: str = "10.77.0.0/24") -> list[tuple[str, str]]:
    lab = lab_of(ONE, lab=f"title: Drill\nhosts: {written}\nunderlay: {underlay}\n")
    return [(host.name, str(host.address)) for host in lab.hosts]


def test_a_title_is_enough() -> None:
    lab = lab_of(ONE, lab="title: Drill\n")
    assert (lab.slug, lab.title, lab.summary, lab.level, lab.minutes) == ("drill", "Drill", "", "beginner", 60)
    assert lab.hosts == (LabHost("alpha", IPv4Address("10.77.0.11")),)
    assert (lab.underlay, lab.internet, lab.limits) == (IPv4Network("10.77.0.0/24"), False, Limits())


def test_everything_is_read() -> None:
    lab = lab_of(
        ONE,
        lab="""\
        title: >
          Two lines
          make one
        summary: Short.
        level: advanced
        minutes: 90
        hosts: {alpha: , beta: {address: 10.9.0.200}}
        underlay: 10.9.0.0/24
        internet: true
        limits: {memory: 2g, disk: 1gb, pids: 512, cpus: 1.5}
        x-note: anything
        """,
    )
    assert (lab.title, lab.summary, lab.level, lab.minutes, lab.internet) == (
        "Two lines make one",
        "Short.",
        "advanced",
        90,
        True,
    )
    assert lab.limits == Limits(memory_bytes=2 << 30, disk_bytes=1 << 30, pids=512, cpus=1.5)
    assert [str(host.address) for host in lab.hosts] == ["10.9.0.11", "10.9.0.200"]


def test_hosts_count_from_eleven_around_chosen_addresses() -> None:
    assert hosts("{a: , b: {address: 10.77.0.11}, c: }") == [
        ("a", "10.77.0.12"),
        ("b", "10.77.0.11"),
        ("c", "10.77.0.13"),
    ]


def test_a_small_underlay_holds_eight_hosts() -> None:
    found = hosts("[a, b, c, d, e, f, g, h]", "10.77.0.0/28")
    assert found[0] == ("a", "10.77.0.2")
    assert found[-1] == ("h", "10.77.0.9")


@pytest.mark.parametrize(
    ("lab", "code"),
    [
        ("«summary: x\n", Code.MISSING_KEY),
        ("title: «5\n", Code.WRONG_TYPE),
        ("title: «''\n", Code.LIMIT),
        (f"title: «{'x' * 200}\n", Code.LIMIT),
        ("title: T\nlevel: «easy\n", Code.BAD_VALUE),
        ("title: T\nminutes: «1\n", Code.LIMIT),
        ("title: T\nminutes: «ten\n", Code.WRONG_TYPE),
        ("title: T\ninternet: «maybe\n", Code.WRONG_TYPE),
        ("title: T\n«titel: T\n", Code.UNKNOWN_KEY),
        ("title: T\n«cluster: {plugin: flannel}\n", Code.REFUSED_KEY),
        ("title: T\nhosts: «alpha\n", Code.WRONG_TYPE),
        ("title: T\nhosts: «[]\n", Code.LIMIT),
        ("title: T\nhosts: [«Alpha]\n", Code.BAD_NAME),
        ("title: T\nhosts: [«a.b]\n", Code.BAD_NAME),
        ("title: T\nhosts: [«a-]\n", Code.BAD_NAME),
        (f"title: T\nhosts: [«{'a' * 16}]\n", Code.BAD_NAME),
        ("title: T\nhosts: [alpha, «underlay]\n", Code.BAD_NAME),
        ("title: T\nhosts: [alpha, «all]\n", Code.BAD_NAME),
        ("title: T\nhosts: [alpha, «alpha]\n", Code.REPEATED),
        ("title: T\nhosts: [«7]\n", Code.WRONG_TYPE),
        ("title: T\nhosts: [a, b, c, d, e, f, g, h, «i]\n", Code.LIMIT),
        ("title: T\nhosts: {alpha: {address: «10.78.0.11}}\n", Code.ADDRESS_OUTSIDE),
        ("title: T\nhosts: {alpha: {address: «10.77.0.1}}\n", Code.ADDRESS_RESERVED),
        ("title: T\nhosts: {alpha: {address: «10.77.0.255}}\n", Code.ADDRESS_RESERVED),
        ("title: T\nhosts: {alpha: {address: «fd00::1}}\n", Code.BAD_VALUE),
        ("title: T\nhosts: {alpha: {address: 10.77.0.9}, beta: {address: «10.77.0.9}}\n", Code.ADDRESS_TAKEN),
        ("title: T\nhosts: {alpha: {«adress: 10.77.0.9}}\n", Code.UNKNOWN_KEY),
        ("title: T\nunderlay: «10.77.0.0\n", Code.BAD_VALUE),
        ("title: T\nunderlay: «10.77.0.5/24\n", Code.BAD_VALUE),
        ("title: T\nunderlay: «10.0.0.0/8\n", Code.BAD_VALUE),
        ("title: T\nunderlay: «10.0.0.0/30\n", Code.BAD_VALUE),
        ("title: T\nunderlay: «fd00::/64\n", Code.BAD_VALUE),
        ("title: T\nunderlay: «172.17.4.0/24\n", Code.SUBNET_OVERLAP),
        ("title: T\nunderlay: «127.0.0.0/16\n", Code.BAD_VALUE),
        ("title: T\nunderlay: «224.0.0.0/24\n", Code.BAD_VALUE),
        ("title: T\nlimits: {memory: «64m}\n", Code.LIMIT),
        ("title: T\nlimits: {memory: «100g}\n", Code.LIMIT),
        ("title: T\nlimits: {disk: «lots}\n", Code.BAD_VALUE),
        ("title: T\nlimits: {pids: «10}\n", Code.LIMIT),
        ("title: T\nlimits: {cpus: «64}\n", Code.LIMIT),
        ("title: T\nlimits: {cpus: «.nan}\n", Code.WRONG_TYPE),
        ("title: T\nlimits: «[]\n", Code.WRONG_TYPE),
        ("«[]\n", Code.WRONG_TYPE),
        ("«text\n", Code.WRONG_TYPE),
        ("«", Code.EMPTY),
    ],
)
def test_each_fault_has_its_place(lab: str, code: Code) -> None:
    assert_problem(code, ONE, lab=lab)


def test_a_misspelt_key_is_recognised() -> None:
    problem = assert_problem(Code.UNKNOWN_KEY, ONE, lab="title: T\n«sumary: T\n")
    assert problem.remedy == "Did you mean 'summary'?"
    assert "summary" in problem.allowed
