"""What a lab host holds, by its own tools: `ip -d link` in every namespace that has a file, and the Docker CLI.

Independent of the product: nothing of `labs.kernel` or `labs.engine` reads here.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from labs.hosts.host import Host, command

LOOK = r"""
for file in /proc/1/ns/net /run/docker/netns/* /run/netns/*; do
    links=$(nsenter --net="$file" ip -d -j link 2>/dev/null) || continue
    echo "$(stat -L -c %i "$file") $links"
    nsenter --net="$file" ip -j address
done
"""

Link = tuple[int, str, str, int, str, str | None, tuple[str, ...]]
"""Index, name, MAC, MTU, kind, master's name, addresses of one interface."""

KINDS = {"veth", "bridge", "vxlan", "macvlan", "ipvlan", "tun", "ifb"}


@dataclass(frozen=True)
class HostTruth:
    """`namespaces` by inode; containers by id with name and state; networks by id with name and driver.

    `peers` holds, for each veth of the host, (inode, index) and the index its other end has.
    """

    namespaces: dict[int, frozenset[Link]]
    peers: dict[tuple[int, int], int]
    containers: dict[str, tuple[str, str]]
    networks: dict[str, tuple[str, str]]
    attached: frozenset[tuple[str, str]]


def look(host: Host) -> HostTruth:
    """Ask the host's own tools. Raises: CalledProcessError."""
    namespaces: dict[int, frozenset[Link]] = {}
    peers: dict[tuple[int, int], int] = {}
    lines = run(host, "sh", "-c", LOOK).splitlines()
    for first, second in zip(lines[::2], lines[1::2], strict=True):
        inode, _, text = first.partition(" ")
        links, addresses = json.loads(text), json.loads(second)
        held = {one["ifindex"]: one["addr_info"] for one in addresses}
        namespaces[int(inode)] = frozenset(link(one, held.get(one["ifindex"], [])) for one in links)
        for one in links:
            if one.get("linkinfo", {}).get("info_kind") == "veth":
                peers[int(inode), one["ifindex"]] = one.get("link_index", one["ifindex"])
    ids = run(host, "docker", "ps", "--all", "--no-trunc", "--quiet").split()
    containers = json.loads(run(host, "docker", "inspect", *ids)) if ids else []
    networks = run(host, "docker", "network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}} {{.Driver}}")
    return HostTruth(
        namespaces,
        peers,
        {one["Id"]: (one["Name"].removeprefix("/"), one["State"]["Status"]) for one in containers},
        {identity: (name, driver) for identity, name, driver in map(str.split, networks.splitlines())},
        frozenset(
            (one["Id"], end["NetworkID"])
            for one in containers
            for end in one["NetworkSettings"]["Networks"].values()
            if end["NetworkID"]
        ),
    )


def link(one: dict[str, Any], addresses: list[dict[str, Any]]) -> Link:
    kind = "loopback" if one["link_type"] == "loopback" else one.get("linkinfo", {}).get("info_kind", "other")
    return (
        one["ifindex"],
        one["ifname"],
        one["address"],
        one["mtu"],
        kind if kind in KINDS | {"loopback"} else "other",
        one.get("master"),
        tuple(sorted(f"{each['local']}/{each['prefixlen']}" for each in addresses)),
    )


def run(host: Host, *argv: str) -> str:
    """Run a command on the host as its learner would. Raises: CalledProcessError."""
    return subprocess.run(command(host, argv), capture_output=True, text=True, check=True, timeout=60).stdout
