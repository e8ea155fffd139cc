"""The way to the internet, tried on a machine made for it: a namespace with a default route to a small world."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labs.hosts import host as hosts
from labs.hosts.image import HostImage
from tests.integration.hosts.inside_host import must, shell

pytestmark = pytest.mark.engine

START = """
import sys
from ipaddress import IPv4Address, IPv4Network
from labs.hosts import host, underlay
from labs.specs.lab import LabHost, Limits
ground = underlay.open(sys.argv[1], IPv4Network("10.77.0.0/24"), internet=sys.argv[2] == "yes")
started = host.start(sys.argv[1], LabHost("alpha", IPv4Address("10.77.0.11")), ground, Limits())
host.wait_for_engine(started)
"""
STOP = "import sys\nfrom labs.hosts import host\nhost.stop_session(sys.argv[1])\n"


@dataclass(frozen=True)
class SmallMachine:
    """A namespace that stands for the machine; in its world are a public and a private web server."""

    pid: int

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["nsenter", f"--net=/proc/{self.pid}/ns/net", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path.cwd())

    def state(self) -> str:
        """Everything that a session may not leave behind."""
        looks = (
            ["ip", "-4", "address"],
            ["ip", "route"],
            ["nft", "list", "ruleset"],
            ["sysctl", "-a", "-r", "forwarding"],
        )
        return "".join(self.run(*look).stdout for look in looks)


@pytest.fixture
def small_machine(nothing_left: None) -> Iterator[SmallMachine]:
    """[lab host]--[underlay]--[machine out0 203.0.113.2]--[203.0.113.1 world: 198.51.100.7, 10.9.9.9]"""
    sleepers = [subprocess.Popen(["unshare", "--net", "sleep", "300"]) for _ in range(2)]
    machine, world = (SmallMachine(sleeper.pid) for sleeper in sleepers)
    own = Path("/proc/self/ns/net").readlink()
    while any(Path(f"/proc/{sleeper.pid}/ns/net").readlink() == own for sleeper in sleepers):
        pass
    for end in (machine, world):
        end.run("ip", "link", "set", "lo", "up")
    machine.run("ip", "link", "add", "out0", "type", "veth", "peer", "name", "w0", "netns", str(world.pid))
    for end, interface, address in ((machine, "out0", "203.0.113.2/24"), (world, "w0", "203.0.113.1/24")):
        end.run("ip", "address", "add", address, "dev", interface)
        end.run("ip", "link", "set", interface, "up")
    machine.run("ip", "route", "add", "default", "via", "203.0.113.1")
    for address in ("198.51.100.7/32", "10.9.9.9/32"):
        world.run("ip", "address", "add", address, "dev", "lo")
    enter = ["nsenter", f"--net=/proc/{world.pid}/ns/net", sys.executable, "-c", ECHO]
    server = subprocess.Popen(enter, stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    yield machine
    for process in (*sleepers, server):
        process.kill()
        process.wait()
    server.stdout.close()


ECHO = """
import http.server
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(f"you are {self.client_address[0]}".encode())
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("0.0.0.0", 80), Echo)
print("ready", flush=True)
server.serve_forever()
"""


def test_session_reaches_the_world_and_neither_machine_nor_private_networks(
    small_machine: SmallMachine, session_id: str, host_image: HostImage
) -> None:
    before = small_machine.state()
    started = small_machine.run(sys.executable, "-c", START, session_id, "yes")
    assert started.returncode == 0, started.stderr
    alpha = hosts.running(session_id)[0]
    assert must(alpha, "curl -sS -m 5 http://198.51.100.7/") == "you are 203.0.113.2"
    inner = "docker run --rm netquarium/tools:1 curl -sS -m 5 http://198.51.100.7/"
    assert must(alpha, inner) == "you are 203.0.113.2"
    for refused in ("10.9.9.9", "203.0.113.2", "198.18.0.1", "127.0.0.1"):
        assert shell(alpha, f"curl -sS -m 5 http://{refused}/").returncode != 0, refused
    assert small_machine.run("curl", "-sS", "-m", "2", "http://10.77.0.11/").returncode != 0
    stopped = small_machine.run(sys.executable, "-c", STOP, session_id)
    assert stopped.returncode == 0, stopped.stderr
    assert small_machine.state() == before


def test_two_sessions_share_the_machine_and_the_last_switches_forwarding_back(
    small_machine: SmallMachine, session_id: str, host_image: HostImage
) -> None:
    other = session_id[::-1]
    before = small_machine.state()
    try:
        for session in (session_id, other):
            assert small_machine.run(sys.executable, "-c", START, session, "yes").returncode == 0
        first, second = hosts.running(session_id)[0], hosts.running(other)[0]
        small_machine.run(sys.executable, "-c", STOP, session_id)
        assert must(second, "curl -sS -m 5 http://198.51.100.7/") == "you are 203.0.113.2"
        assert not hosts.is_running(first)
    finally:
        small_machine.run(sys.executable, "-c", STOP, other)
    assert small_machine.state() == before


def test_session_without_the_internet_changes_nothing_and_reaches_nothing(
    small_machine: SmallMachine, session_id: str, host_image: HostImage
) -> None:
    before = small_machine.state()
    assert small_machine.run(sys.executable, "-c", START, session_id, "no").returncode == 0
    assert small_machine.state() == before
    assert "unreachable" in shell(hosts.running(session_id)[0], "ping -c1 -W1 198.51.100.7").stdout.lower()


def test_closed_firewall_is_named_and_nothing_is_left(
    small_machine: SmallMachine, session_id: str, host_image: HostImage
) -> None:
    small_machine.run(
        "nft", "add table ip walls; add chain ip walls fw { type filter hook forward priority 0; policy drop; }"
    )
    before = small_machine.state()
    refused = small_machine.run(sys.executable, "-c", START, session_id, "yes")
    assert "table walls, chain fw" in refused.stderr
    assert small_machine.state() == before
    assert session_id not in hosts.sessions()
