"""The configuration of a box: what it may and what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from labs.hosts import cable, host, oci, seccomp
from labs.specs.lab import Limits

Json = dict[str, object]


@pytest.fixture
def configuration() -> Json:
    return oci.configuration(
        hostname="alpha",
        uid_base=0x4000_0000,
        root=Path("/d/root"),
        data=Path("/d/data"),
        tun=Path("/d/tun"),
        group="netquarium-x/b",
        limits=Limits(memory_bytes=1 << 28, pids=99, cpus=0.5),
        command=["true"],
        environment={"A": "b"},
    )


def test_every_kind_of_namespace_is_the_boxes_own(configuration: Json) -> None:
    linux = cast("Json", configuration["linux"])
    kinds = {entry["type"] for entry in cast("list[dict[str, str]]", linux["namespaces"])}
    assert kinds == {"user", "pid", "network", "ipc", "uts", "mount", "cgroup"}
    assert not any("path" in entry for entry in cast("list[Json]", linux["namespaces"]))


def test_root_inside_is_a_high_uid_outside(configuration: Json) -> None:
    linux = cast("Json", configuration["linux"])
    assert linux["uidMappings"] == linux["gidMappings"] == [{"containerID": 0, "hostID": 0x4000_0000, "size": 65536}]


def test_limits_are_hard(configuration: Json) -> None:
    resources = cast("Json", cast("Json", configuration["linux"])["resources"])
    assert resources == {
        "memory": {"limit": 1 << 28, "swap": 1 << 28},
        "pids": {"limit": 99},
        "cpu": {"quota": 50_000, "period": 100_000},
    }


def test_nothing_of_the_machine_is_mounted_but_its_own_disk(configuration: Json) -> None:
    mounts = cast("list[dict[str, str]]", configuration["mounts"])
    assert {mount["source"] for mount in mounts if mount["type"] == "bind"} == {"/d/data", "/d/tun"}


def test_all_capabilities_count_inside_only(configuration: Json) -> None:
    """`docker run --privileged` fails inside when one is missing; SYS_RESOURCE is the one that was."""
    kinds = cast("dict[str, list[str]]", cast("Json", configuration["process"])["capabilities"])
    assert all(len(names) == 41 and "CAP_SYS_RESOURCE" in names for names in kinds.values())
    assert "ambient" not in kinds


@pytest.mark.parametrize("call", ["socket", "socketpair"])
def test_filter_denies_each_socket_family_but_five(call: str) -> None:
    rules = cast("list[Json]", seccomp.filter_()["syscalls"])
    denied = set()
    for rule in rules:
        for argument in cast("list[dict[str, int]]", rule.get("args", [])):
            if rule["names"] == [call] and cast("object", argument["op"]) == "SCMP_CMP_EQ":
                denied.add(argument["value"])
    assert set(range(47)) - denied == {1, 2, 10, 16, 17}
    assert 40 in denied


def test_filter_names_no_foreign_architecture() -> None:
    """Named, 32-bit calls would be let in, and `socketcall` hides the family in memory."""
    assert "architectures" not in seccomp.filter_()


def test_port_is_named_after_its_host_within_fifteen_bytes() -> None:
    assert cable.port_name("alpha") == "alpha"
    long = [cable.port_name(f"a-very-long-name-{number}") for number in range(9)]
    assert len(set(long)) == 9
    assert max(len(name) for name in long) <= cable.NAME_LENGTH


def test_command_enters_by_runc_alone() -> None:
    one = host.Host("b-alpha", "b", "alpha", host.NOWHERE, 7, 0)
    line = host.command(one, ["sh", "-c", "echo hi"], tty=True, env={"TERM": "xterm"})
    assert line[0] == "runc"
    assert line[-4:] == ["b-alpha", "sh", "-c", "echo hi"]
    assert "--tty" in line
    assert line[line.index("--env") + 1] == "TERM=xterm"
