"""The attack matrix: every way out is tried from a learner's shell and from the strongest container, and none works."""

from __future__ import annotations

import hashlib
import http.server
import json
import platform
import secrets
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labs.hosts import cgroup, machine
from labs.hosts import host as hosts
from labs.hosts.host import Host
from labs.hosts.image import HostImage
from tests.integration import leak
from tests.integration.conftest import start_hosts
from tests.integration.hosts.attack import DENIED_ERRNOS, PROGRAMS, SCRIPTS
from tests.integration.hosts.inside_host import STRONGEST, must, run
from tests.integration.hosts.tiny_program import call_64
from tests.settings import INSTALLATION

pytestmark = pytest.mark.engine

KNOBS = (
    "/proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/sysrq /proc/sys/kernel/panic "
    "/proc/sys/kernel/hostname /proc/sys/vm/overcommit_memory /proc/sys/fs/file-max /proc/sys/net/ipv4/ip_forward "
    "/proc/sys/net/netfilter/nf_conntrack_max /sys/kernel/uevent_helper"
)


LIMITS = (
    "memory.limit_in_bytes memory.memsw.limit_in_bytes memory.max pids.max cpu.cfs_quota_us cpu.max devices.list "
    "cgroup.subtree_control"
)


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]  # put there by _Listening
        self.send_response(200)
        self.end_headers()

    def address_string(self) -> str:
        return "caller"

    def log_message(self, format: str, *args: object) -> None:
        return


@dataclass(frozen=True)
class Target:
    """The machine as prey: what an attack aims at, and what would show that it hit."""

    secret: str
    environment: dict[str, str]
    asked: list[str]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """A secret file, a TCP server on every address and two unix sockets on the machine."""
    secret = f"netquarium-{secrets.token_hex(8)}"
    folder = INSTALLATION / "prey"
    folder.mkdir(mode=0o755)
    (folder / "secret").write_text(secret)
    asked: list[str] = []
    path, abstract = folder / "socket", f"nq-{secret}"
    servers = [
        socketserver.ThreadingTCPServer(("0.0.0.0", 0), _Answer),
        socketserver.ThreadingUnixStreamServer(str(path), _Answer),
        socketserver.ThreadingUnixStreamServer("\0" + abstract, _Answer),
    ]
    for server in servers:
        server.asked = asked  # type: ignore[attr-defined]  # a place for the handler to leave word
        threading.Thread(target=server.serve_forever, daemon=True).start()
    path.chmod(0o777)
    listed = json.loads(subprocess.run(["ip", "-j", "-4", "address"], capture_output=True, check=True).stdout)
    addresses = [a["local"] for link in listed for a in link["addr_info"] if link["ifname"] != "lo"]
    device = Path("/").stat().st_dev
    yield Target(
        secret,
        {
            "SECRET": secret,
            "SECRET_FILE": str(folder / "secret"),
            "MACHINE_SOCKET": str(path),
            "ABSTRACT_SOCKET": abstract,
            "PORT": str(servers[0].server_address[1]),
            "ADDRESSES": " ".join(addresses),
            "FIRST_ADDRESS": addresses[0] if addresses else "255.255.255.255",
            "DISK": f"{device >> 8 & 0xFFF} {device & 0xFF}",
        },
        asked,
    )
    for server in servers:
        server.shutdown()
        server.server_close()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def prisoner(host_image: HostImage, target: Target) -> Iterator[Host]:
    """A host with the attackers' programs in it and the strongest container running, named strongest."""
    before = leak.look()
    session = secrets.token_hex(6)
    try:
        host = start_hosts(session, "alpha")["alpha"]
        must(host, "mkdir -p /root/programs")
        for name, content in PROGRAMS.items():
            subprocess.run(
                hosts.command(host, ["sh", "-c", f"cat >/root/programs/{name}; chmod 755 /root/programs/{name}"]),
                input=content,
                check=True,
            )
        strongest = [word for word in STRONGEST if word != "--rm"]
        strongest[2:2] = ["-d", "--name", "strongest", "-v", "/usr/bin/docker:/usr/bin/docker"]
        assert run(host, *strongest).returncode == 0
        yield host
    finally:
        hosts.stop_session(session)
    leak.assert_nothing_left(before)


def attempt(host: Host, target: Target, place: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script at the place; $BOX and the target's facts are in its environment."""
    box = {"shell": "", "container": "/host"}[place]
    environment = {**target.environment, "BOX": box}
    words = "; ".join(f"{key}='{value}'" for key, value in environment.items())
    prefix = [] if place == "shell" else ["docker", "exec", "--privileged", "strongest"]
    return run(host, *prefix, "sh", "-c", f"{words}; echo TRIED; {script}")


@pytest.fixture
def unharmed(prisoner: Host, target: Target, host_image: HostImage) -> Iterator[None]:
    """Look at the machine before and after: its knobs, the host's limits, its sockets and the shared image."""
    before = _state(prisoner, host_image)
    yield
    assert _state(prisoner, host_image) == before
    assert target.asked == []


def _state(host: Host, image: HostImage) -> dict[str, str]:
    state = {name: _read(Path(name)) for name in KNOBS.split()}
    state["runc"] = hashlib.sha256(Path(shutil.which("runc") or "").read_bytes()).hexdigest()
    state["shared image"] = str([str(path) for path in image.template.glob("overlay2/*/diff/breach")])
    state["disk"] = str(sorted(path.name for path in machine.DISK.rglob("*")))
    state["formats"] = str(Path("/proc/sys/fs/binfmt_misc/nqbreach").exists())
    state["release agents"] = str([_read(tree / "release_agent") for tree in cgroup.trees()])
    for tree in cgroup.trees():
        for name in LIMITS.split():
            state[f"{tree.name}/{name}"] = _read(tree / cgroup.parent() / host.box / name)
    state["interfaces"] = str(socket.if_nameindex())
    return state


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        return str(error)


@pytest.mark.parametrize("place", ["shell", "container"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_attack_is_refused(prisoner: Host, target: Target, unharmed: None, name: str, place: str) -> None:
    done = attempt(prisoner, target, place, SCRIPTS[name])
    assert "TRIED" in done.stdout, done.stderr
    assert "BREACHED" not in done.stdout, f"{done.stdout}{done.stderr}"
    assert target.secret not in done.stdout.replace(str(INSTALLATION), "")
    # An attack that could not be tried proves nothing.
    assert "not found" not in done.stderr.replace("mount point not found", ""), done.stderr


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the programs are of x86-64 machine code")
@pytest.mark.parametrize("place", ["shell", "container"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_system_call_is_denied(prisoner: Host, target: Target, name: str, place: str) -> None:
    done = attempt(prisoner, target, place, f'$BOX/root/programs/{name}; echo "status $?"')
    status = int(done.stdout.rpartition("status ")[2])
    assert status in DENIED_ERRNOS or status == 128 + 31, f"errno {status}: {done.stderr}"


def test_programs_would_tell_of_success(prisoner: Host, target: Target) -> None:
    subprocess.run(
        hosts.command(prisoner, ["sh", "-c", "cat >/root/programs/inet; chmod 755 /root/programs/inet"]),
        input=call_64(41, 2, 1, 0),
        check=True,
    )
    assert attempt(prisoner, target, "shell", "/root/programs/inet; echo status $?").stdout.endswith("status 0\n")


@pytest.mark.parametrize("place", ["shell", "container"])
def test_root_inside_is_nobody_outside(prisoner: Host, target: Target, place: str) -> None:
    done = attempt(prisoner, target, place, "cat /proc/self/uid_map")
    assert done.stdout.split()[1:] == ["0", str(prisoner.uid_base), "65536"]


def test_shell_holds_no_descriptor_of_the_machine(prisoner: Host) -> None:
    listed = must(prisoner, "ls -l /proc/self/fd | awk '{print $9}' | grep . | sort | tr '\\n' ' '").split()
    assert set(listed) <= {"0", "1", "2", "3"}  # 3 is the folder that ls reads


def test_working_folder_cannot_be_led_out(prisoner: Host, target: Target) -> None:
    """A learner may make /root lead to a descriptor that runc holds while it enters (CVE-2024-21626)."""
    must(prisoner, "mv /root /root.kept")
    try:
        for number in range(3, 12):
            at_root = ["sh", "-c", f"rm -f /root; ln -s /proc/self/fd/{number} /root"]
            subprocess.run([word if word != "/root" else "/" for word in hosts.command(prisoner, at_root)], check=True)
            done = run(prisoner, "cat", f"../../../../../../..{target.environment['SECRET_FILE']}")
            assert target.secret not in done.stdout
    finally:
        back = ["sh", "-c", "rm -f /root; mv /root.kept /root"]
        subprocess.run([word if word != "/root" else "/" for word in hosts.command(prisoner, back)], check=True)


def test_hostname_inside_is_not_the_machines(prisoner: Host, target: Target) -> None:
    before = socket.gethostname()
    attempt(prisoner, target, "container", "hostname breached")
    assert socket.gethostname() == before
    assert must(prisoner, "hostname").strip() == "breached"
    must(prisoner, "hostname alpha")
