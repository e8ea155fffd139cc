"""What of a test run is left on the machine: compared before and after each integration test.

Other programs come and go on the machine, so processes and namespaces count when they are this test run's: they are in
a control group of its installation, or carry its environment; mounts when they are below the product's folders or where
`ip netns` puts its own. Interfaces and firewall tables are all compared.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, fields
from pathlib import Path

from labs.hosts import cgroup, machine, uid_range
from labs.places import CACHE, RUN, STATE, installation

DEADLINE_S = 10.0
ENVIRONMENT_BYTES = 64 << 10
"""A process may declare terabytes to be its environment (PR_SET_MM_MAP, prctl(2)), and tests start such ones."""
FOLDERS = (RUN, STATE, CACHE, machine.FOLDER, Path("/run/netns"))
OWN_GROUP = f"/netquarium-{installation()}/"
OWN_ENVIRONMENT = f"NETQUARIUM_RUN={RUN}".encode()


@dataclass(frozen=True)
class Machine:
    """What this test run has on the machine at one moment."""

    processes: frozenset[str]
    namespaces: frozenset[str]
    interfaces: frozenset[str]
    mounts: frozenset[str]
    control_groups: frozenset[str]
    uid_ranges: frozenset[str]
    boxes: frozenset[str]
    firewall_tables: frozenset[str]
    descriptors: frozenset[str]


def look() -> Machine:
    """Return what is there now."""
    own = {pid: name for pid, name in _own_processes() if pid != os.getpid()}
    return Machine(
        processes=frozenset(f"{pid} {name}" for pid, name in own.items()),
        namespaces=frozenset(_namespaces(set(own))),
        interfaces=frozenset(entry.name for entry in Path("/sys/class/net").iterdir()),
        mounts=frozenset(_mounts()),
        control_groups=frozenset(
            str(path) for tree in cgroup.trees() for path in (tree / cgroup.parent()).glob("**/") if path.is_dir()
        ),
        uid_ranges=frozenset(str(owner) for owner in uid_range.taken().values() if RUN in owner.parents),
        boxes=frozenset(entry.name for folder in ("hosts", "runc") for entry in _entries(RUN / folder)),
        firewall_tables=frozenset(_firewall_tables()),
        descriptors=frozenset(_namespace_descriptors()),
    )


def assert_nothing_left(before: Machine) -> None:
    """Fail, naming what is left, unless all is as it was within the deadline: the kernel frees some things late."""
    deadline = time.monotonic() + DEADLINE_S
    while left := _more(before, look()):
        assert time.monotonic() < deadline, f"left on the machine: {left}"
        time.sleep(0.02)


def _more(before: Machine, after: Machine) -> dict[str, list[str]]:
    grown = {field.name: getattr(after, field.name) - getattr(before, field.name) for field in fields(Machine)}
    return {name: sorted(left) for name, left in grown.items() if left}


def _own_processes() -> list[tuple[int, str]]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            with (entry / "environ").open("rb") as file:
                environment = file.read(ENVIRONMENT_BYTES).split(b"\0")
            if OWN_ENVIRONMENT in environment or OWN_GROUP in (entry / "cgroup").read_text():
                found.append((int(entry.name), (entry / "comm").read_text().strip()))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def _namespaces(pids: set[int]) -> set[str]:
    found = set()
    for pid in pids:
        for kind in ("net", "mnt", "user", "pid"):
            try:
                there = Path(f"/proc/{pid}/ns/{kind}").readlink()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if there != Path(f"/proc/self/ns/{kind}").readlink():
                found.add(str(there))
    return found


def _mounts() -> list[str]:
    found = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        where = line.split(" ")[1]
        if any(folder in (Path(where), *Path(where).parents) for folder in FOLDERS):
            found.append(line)
    return found


def _namespace_descriptors() -> list[str]:
    """Namespaces, and sockets in them, that this process holds open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue
        if target.startswith(("net:[", "mnt:[", "user:[")):
            found.append(f"{entry.name} {target}")
    return found


def _firewall_tables() -> list[str]:
    return subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout.splitlines()


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
