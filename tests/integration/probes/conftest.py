"""Namespaces wired by hand: no engine, only the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labs.kernel.namespace import enter
from labs.probes.values import Source

_READY_S = 5.0


@dataclass
class Machine:
    """One namespace, held by a process, with a file tree of its own for names."""

    name: str
    pid: int
    root: Path
    services: ExitStack = field(default_factory=ExitStack)

    @property
    def namespace(self) -> str:
        return f"/proc/{self.pid}/ns/net"

    @property
    def source(self) -> Source:
        """The namespace as a probe's source."""
        return Source(self.namespace, self.root, self.name)

    def run(self, command: str) -> None:
        """Run one command inside; a failure fails the test."""
        with enter(self.namespace):
            done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{self.name}: {command}: {done.stderr}"

    def serve(self, script: str) -> None:
        """Start a Python server inside, which prints a line when it is ready; it ends with the test."""
        with enter(self.namespace):
            server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        self.services.callback(_end, server)
        assert server.stdout is not None
        assert server.stdout.readline(), "the server did not start"

    def configure(self, *, hosts: str = "", resolv_conf: str = "") -> None:
        """Write the files with which names are resolved."""
        (self.root / "etc").mkdir(exist_ok=True)
        (self.root / "etc/hosts").write_text(hosts)
        (self.root / "etc/resolv.conf").write_text(resolv_conf)


@pytest.fixture
def machines(tmp_path: Path, nothing_left: None) -> Iterator[dict[str, Machine]]:
    """[web 10.9.1.2]--[gate .1]--[db 10.9.2.2]: two segments and a router; also fd09:1::/64 and fd09:2::/64."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with ExitStack() as stack:
        found = {name: _machine(name, tmp_path, stack) for name in ("web", "gate", "db")}
        for number, name in ((1, "web"), (2, "db")):
            end, gate = found[name], found["gate"]
            gate.run(f"ip link add to-{name} type veth peer name eth0 netns {end.pid}")
            for machine, interface, last in ((gate, f"to-{name}", 1), (end, "eth0", 2)):
                machine.run(f"ip address add 10.9.{number}.{last}/24 dev {interface}")
                machine.run(f"ip address add fd09:{number}::{last}/64 dev {interface} nodad")
                machine.run(f"ip link set {interface} up")
            end.run(f"ip route add default via 10.9.{number}.1")
            end.run(f"ip -6 route add default via fd09:{number}::1")
        found["gate"].run("sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        yield found


def _machine(name: str, folder: Path, stack: ExitStack) -> Machine:
    holder = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    stack.callback(_end, holder)
    own = Path("/proc/self/ns/net").stat().st_ino
    deadline = time.monotonic() + _READY_S
    while Path(f"/proc/{holder.pid}/comm").read_text().strip() != "sleep":
        assert time.monotonic() < deadline, "unshare did not start"
    assert Path(f"/proc/{holder.pid}/ns/net").stat().st_ino != own
    root = folder / name
    root.mkdir()
    machine = Machine(name, holder.pid, root)
    stack.callback(machine.services.close)
    machine.run("ip link set lo up")
    # Without it, link-local addresses are tentative for a second or two, and the router cannot ask for neighbours.
    machine.run("sysctl -q net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0")
    machine.configure()
    return machine


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
