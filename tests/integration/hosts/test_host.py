"""Lab hosts on the real kernel: they start, meet, keep to their limits and go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from labs.hosts import box, cgroup, uid_range, underlay
from labs.hosts import host as hosts
from labs.hosts.errors import EngineNotReady, HostExists, HostGone, HostStartFailed
from labs.hosts.host import Host
from labs.hosts.image import HostImage
from labs.specs.lab import LabHost, Limits
from tests.integration.conftest import SUBNET, start_hosts
from tests.integration.hosts.inside_host import STRONGEST, must, run, shell

pytestmark = pytest.mark.engine


@pytest.fixture
def end_sessions(nothing_left: None) -> Iterator[list[str]]:
    """Sessions that a test names itself, removed afterwards."""
    named: list[str] = []
    yield named
    for session in named:
        hosts.stop_session(session)


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 15) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.02)


def test_engine_answers_and_has_the_images(host: Host) -> None:
    images = must(host, "docker images --format '{{.Repository}}:{{.Tag}}'").split()
    assert sorted(images) == ["netquarium/pause:1", "netquarium/tools:1", "netquarium/web:1"]


def test_host_has_its_own_name_address_and_gateway(host: Host) -> None:
    assert must(host, "hostname").strip() == "alpha"
    assert "10.77.0.11/24" in must(host, "ip -br address show eth0")
    assert must(host, "ip route show default").split()[:3] == ["default", "via", "10.77.0.1"]
    assert must(host, "getent hosts alpha").split()[0] == "10.77.0.11"
    assert must(host, "cat /proc/sys/net/ipv4/ip_forward").strip() == "1"
    assert "10.77.0.1" in must(host, "cat /etc/resolv.conf")


def test_lookup_and_packets_for_elsewhere_are_refused_at_once(host: Host) -> None:
    began = time.monotonic()
    assert shell(host, "getent hosts example.com").returncode != 0
    assert "Net Unreachable" in shell(host, "ping -c1 -W5 198.51.100.1").stdout
    assert time.monotonic() - began < 3


def test_hosts_of_one_session_meet(two_hosts: tuple[Host, Host]) -> None:
    """[alpha eth0]--veth--[underlay0]--veth--[eth0 beta]"""
    alpha, beta = two_hosts
    must(alpha, "ping -c1 -W2 10.77.0.12")
    must(beta, "ping -c1 -W2 10.77.0.11")


def test_published_port_answers_the_other_host(two_hosts: tuple[Host, Host]) -> None:
    alpha, beta = two_hosts
    must(alpha, "docker run -d --name web --hostname web -p 8080:80 netquarium/web:1")
    answer = must(beta, "curl -sS --retry 20 --retry-connrefused --retry-delay 1 http://10.77.0.11:8080/")
    assert answer.splitlines() == ["I am web (172.17.0.2)", "you are 10.77.0.12"]


@pytest.mark.parametrize("name", ["tools", "web", "pause"])
def test_container_of_ours_ends_at_once_when_told(host: Host, name: str) -> None:
    must(host, f"docker run -d --name it netquarium/{name}:1")
    began = time.monotonic()
    must(host, "docker stop -t 9 it")
    assert time.monotonic() - began < 4


def test_privileged_container_starts(host: Host) -> None:
    assert "uid=0" in must(host, "docker run --rm --privileged netquarium/tools:1 id")


def test_tap_can_be_made(host: Host) -> None:
    must(host, "ip tuntap add dev tap0 mode tap && ip link show tap0")


def test_running_is_read_back_by_any_process(two_hosts: tuple[Host, Host], session_id: str) -> None:
    alpha, beta = two_hosts
    assert hosts.running(session_id) == [alpha, beta]
    assert session_id in hosts.sessions()
    ground = underlay.find(session_id)
    assert ground is not None
    assert ground.subnet == SUBNET
    assert ground.namespace.exists()


def test_same_name_twice_is_refused_and_the_first_keeps_running(host: Host, session_id: str) -> None:
    ground = underlay.find(session_id)
    assert ground is not None
    with pytest.raises(HostExists):
        hosts.start(session_id, LabHost("alpha", host.address), ground, Limits())
    hosts.wait_for_engine(host)
    must(host, "ping -c1 -W2 10.77.0.1")


def test_hosts_start_side_by_side(session_id: str, host_image: HostImage) -> None:
    ground = underlay.open(session_id, SUBNET)
    labs = [LabHost(f"host{number}", IPv4Address("10.77.0.20") + number) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        started = list(pool.map(lambda lab: hosts.start(session_id, lab, ground, Limits()), labs))
    assert len({host.uid_base for host in started}) == 6
    for host in started:
        hosts.wait_for_engine(host, 60)
    must(started[0], " && ".join(f"ping -c1 -W2 {host.address}" for host in started[1:]))


def test_host_starts_again_at_once_under_the_same_name(host: Host, session_id: str) -> None:
    ground = underlay.find(session_id)
    assert ground is not None
    for _ in range(3):
        hosts.stop(host)
        host = hosts.start(session_id, LabHost("alpha", host.address), ground, Limits())
    hosts.wait_for_engine(host)


def test_stop_is_idempotent(host: Host, session_id: str) -> None:
    hosts.stop(host)
    hosts.stop(host)
    assert hosts.running(session_id) == []
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: hosts.stop_session(session_id), range(4)))
    assert session_id not in hosts.sessions()


def test_stop_takes_containers_networks_and_groups_along(host: Host, session_id: str) -> None:
    must(host, "docker network create front && for i in 1 2 3; do docker run -d --net front netquarium/tools:1; done")
    must(host, "ip netns add mine && ip netns exec mine ip link set lo up")
    hosts.stop_session(session_id)
    assert not cgroup.processes(host.box)
    assert not [owner for owner in uid_range.taken().values() if owner.name == host.box]


def test_engine_that_dies_is_started_again(host: Host) -> None:
    before = must(host, "pidof dockerd")
    must(host, "kill -9 $(pidof dockerd)")
    wait_until(
        lambda: run(host, "docker", "info").returncode == 0 and must(host, "pidof dockerd") != before, "an engine"
    )
    hosts.wait_for_engine(host)


def test_host_whose_engine_keeps_failing_ends(host: Host, session_id: str) -> None:
    must(host, "echo broken >/etc/docker/daemon.json; kill -9 $(pidof dockerd)")
    wait_until(lambda: hosts.running(session_id) == [], "the host's end")
    with pytest.raises(HostGone):
        hosts.wait_for_engine(host, 2)


def test_engine_that_does_not_answer_is_reported_with_its_log(host: Host) -> None:
    must(host, "kill -STOP $(pidof dockerd)")
    with pytest.raises(EngineNotReady) as caught:
        hosts.wait_for_engine(host, 0.3)
    assert "Daemon has completed initialization" in str(caught.value.facts["log"])


def test_reboot_inside_ends_that_host_only(two_hosts: tuple[Host, Host], session_id: str) -> None:
    alpha, beta = two_hosts
    run(alpha, *STRONGEST, "busybox", "reboot", "-f")
    wait_until(lambda: hosts.running(session_id) == [beta], "alpha's end")
    hosts.wait_for_engine(beta)


def test_learners_links_do_not_lead_the_engine_client_away(host: Host) -> None:
    must(host, "rm /run/docker.sock && ln -s /run/netquarium/redis.sock /run/docker.sock")
    hosts.wait_for_engine(host)


def test_memory_limit_kills_what_exceeds_it(session_id: str, host_image: HostImage) -> None:
    host = start_hosts(session_id, "alpha", limits=Limits(memory_bytes=256 << 20))["alpha"]
    assert shell(host, "dd if=/dev/zero of=/dev/null bs=400M count=1").returncode == 137
    assert (
        shell(host, "docker run --rm -m 50m netquarium/tools:1 dd if=/dev/zero of=/dev/null bs=100M").returncode == 137
    )
    assert cgroup.memory_bytes(host.box) <= 256 << 20


def test_disk_quota_ends_a_write(session_id: str, host_image: HostImage) -> None:
    host = start_hosts(session_id, "alpha", limits=Limits(disk_bytes=64 << 20))["alpha"]
    for path in ("/var/lib/docker/fill", "/root/fill"):
        done = shell(host, f"dd if=/dev/zero of={path} bs=1M count=100; stat -c %s {path}; rm {path}")
        assert "No space left on device" in done.stderr
        assert int(done.stdout.split()[0]) <= 64 << 20


def test_process_limit_stops_a_fork_bomb_and_the_host_lives(session_id: str, host_image: HostImage) -> None:
    host = start_hosts(session_id, "alpha", limits=Limits(pids=128))["alpha"]
    done = shell(host, "for i in $(seq 200); do sleep 2 & done; echo started")
    assert "fork" in done.stderr
    assert len(cgroup.processes(host.box)) <= 128
    wait_until(lambda: run(host, "docker", "ps").returncode == 0, "the engine")


def test_cpu_limit_holds(session_id: str, host_image: HostImage) -> None:
    host = start_hosts(session_id, "alpha", limits=Limits(cpus=0.2))["alpha"]
    used = must(host, "timeout 1 sh -c 'while :; do :; done'; cat /proc/self/stat >/dev/null; times").split()
    children_user_s = float(used[2].partition("m")[2].rstrip("s"))
    assert children_user_s < 0.5


def test_failed_start_leaves_nothing(session_id: str, host_image: HostImage, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = underlay.open(session_id, SUBNET)
    with pytest.raises(HostStartFailed) as caught:
        hosts.start(session_id, LabHost("alpha", IPv4Address("10.77.0.11")), ground, Limits(memory_bytes=1))
    assert "runc" in caught.value.reason
    assert set(box.boxes()) == {ground.box}


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1])
def test_worker_killed_in_the_middle_leaves_what_stop_session_removes(
    session_id: str, host_image: HostImage, after_s: float
) -> None:
    program = (
        "import sys\nfrom ipaddress import *\nfrom labs.hosts import host, underlay\n"
        "from labs.specs.lab import LabHost, Limits\n"
        "ground = underlay.open(sys.argv[1], IPv4Network('10.77.0.0/24'))\nprint('go', flush=True)\n"
        "host.start(sys.argv[1], LabHost('alpha', IPv4Address('10.77.0.11')), ground, Limits())\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program, session_id], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert worker.stdout is not None
    worker.stdout.readline()
    threading.Event().wait(after_s)  # the moment is the test's parameter
    worker.kill()
    worker.wait()
    worker.stdout.close()
    assert session_id in hosts.sessions()
    hosts.stop_session(session_id)
    assert session_id not in hosts.sessions()


def test_launcher_killed_in_the_middle_is_a_failed_start(session_id: str, host_image: HostImage) -> None:
    ground = underlay.open(session_id, SUBNET)
    target = box.FOLDER / f"{session_id}-alpha" / "launcher"

    def kill() -> None:
        wait_until(lambda: target.exists() and bool(target.read_text()), "the launcher")
        os.killpg(int(target.read_text()), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(HostStartFailed):
        hosts.start(session_id, LabHost("alpha", IPv4Address("10.77.0.11")), ground, Limits())
    killer.join()
    assert set(box.boxes()) == {ground.box}


def test_two_sessions_with_equal_names_addresses_and_macs_exchange_nothing(
    host_image: HostImage, end_sessions: list[str]
) -> None:
    """[alpha]--[underlay0]   [alpha]--[underlay0], equal in everything, and no packet between them"""
    end_sessions += ["aaaaaaaaaaaa", "bbbbbbbbbbbb"]
    first, second = (start_hosts(session, "alpha", "beta") for session in end_sessions)
    for started in (first, second):
        must(started["alpha"], "ip link set eth0 address 02:00:00:00:00:01")
        must(started["beta"], "ip link set eth0 address 02:00:00:00:00:02")
    must(
        second["beta"],
        "tcpdump -Z root -ni eth0 -w /root/seen </dev/null >/root/said 2>&1 & "
        "until grep -q listening /root/said; do sleep 0.05; done",
    )
    must(first["alpha"], "arping -c2 -W0.2 -I eth0 10.77.0.99; ping -c3 -i0.2 -W0.2 -b 10.77.0.255; true")
    must(first["alpha"], "ping -c2 -i0.2 10.77.0.12; ping -c2 -i0.2 ff02::1%eth0")
    must(second["beta"], "kill -INT $(pidof tcpdump); while pidof tcpdump; do sleep 0.1; done")
    from_first = must(second["beta"], "tcpdump -Z root -nr /root/seen 'arp or icmp' 2>/dev/null | wc -l")
    assert int(from_first) == 0
    hosts.stop(second["beta"])
    assert shell(first["alpha"], "ping -c1 -W1 10.77.0.12").returncode == 0
    assert shell(second["alpha"], "ping -c1 -W1 10.77.0.12").returncode != 0


def test_underlay_is_held_by_a_process_that_has_nothing_open(session_id: str, host_image: HostImage) -> None:
    """Above all not the lock of its box, which says that somebody is at work there."""
    ground = underlay.open(session_id, SUBNET)
    held = {descriptor.readlink() for descriptor in Path(f"/proc/{ground.pid}/fd").iterdir()}
    assert held == {Path("/dev/null")}
    with box.take_over(ground.box) as reservation:
        assert reservation is not None


def test_underlay_takes_any_subnet(session_id: str, host_image: HostImage) -> None:
    ground = underlay.open(session_id, IPv4Network("192.168.5.0/28"))
    assert ground.gateway == IPv4Address("192.168.5.1")
    host = hosts.start(
        session_id, LabHost("a-very-long-name-of-a-host", IPv4Address("192.168.5.9")), ground, Limits(), engine=False
    )
    must(host, "ping -c1 -W2 192.168.5.1")
    assert must(host, "hostname").strip() == "a-very-long-name-of-a-host"
