"""A host ready, and stopped: the product, and bare `runc run` with an engine in it; the idle host's memory; a claim.

Both boxes are equal: the same image, limits and configuration. The bare one is mounted before the clock starts, has no
container images, no network and none of the product's care. Run as root:

    python -m benchmarks.host_start [--rounds 15]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import lab_host
from labs.hosts import box, cgroup, image, machine, oci, pool, uid_range, underlay
from labs.hosts import host as hosts
from labs.specs.lab import LabHost, Limits

READY_MAY_COST = 1.3
STOP_MAY_COST = 1.5
MEMORY_MAY_BE_BYTES = 60 << 20
IDLE_S = 5.0
LIMITS = replace(Limits(), cpus=8.0)
"""A lab's own, but for the processor: the figures are about work, not about waiting for the next period."""

BARE = """
import importlib.util, json, os, sys
spec = importlib.util.spec_from_file_location("assemble", sys.argv[1])
assemble = importlib.util.module_from_spec(spec)
spec.loader.exec_module(assemble)
job = json.loads(sys.stdin.readline())
def ready(job, folder, words):
    print("mounted", flush=True)
    sys.stdin.readline()
    command = ["runc", "--root", job["runc_state"], "run", "--detach", "--bundle", folder, job["box"]]
    null = os.open("/dev/null", os.O_RDONLY)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, words, 1), (os.POSIX_SPAWN_DUP2, words, 2)]
    os.waitpid(os.posix_spawnp("runc", command, os.environ, file_actions=actions), 0)
    print("run", flush=True)
assemble.run = ready
assemble.assemble(job)
"""


@contextmanager
def bare_box(limits: Limits) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A box mounted and configured, to be started by a line to the process; removed afterwards."""
    name = f"bare-{secrets.token_hex(4)}"
    with box.reserve(name, "") as reservation:
        folder = reservation.folder
        base = uid_range.take(folder)
        cgroup.create(name, base)
        configuration = oci.configuration(
            hostname="bare",
            uid_base=base,
            root=machine.DISK / "root",
            data=machine.DISK / "data",
            tun=machine.DISK / "tun",
            group=f"{cgroup.parent()}/{name}",
            limits=limits,
            command=["/usr/bin/catatonit", "--", "dockerd"],
            environment={**oci.ENVIRONMENT, **oci.ENGINE_ENVIRONMENT},
        )
        (folder / "config.json").write_text(json.dumps(configuration))
        job: dict[str, object] = {
            "box": name,
            "folder": str(folder),
            "disk": str(machine.DISK),
            "runc_state": str(box.RUNC_STATE),
            "socket": None,
            "rootfs": str(image.current().rootfs),
            "template": "",
            "uid_base": base,
            "disk_bytes": limits.disk_bytes,
            "files": {},
        }
        program = [sys.executable, "-c", BARE, str(box.ASSEMBLE)]
        process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            process.stdout.readline()
            yield name, process
    box.remove(name)


def bare(limits: Limits = LIMITS) -> tuple[float, float]:
    """Return the seconds from `runc run` to the engine's answer, and those of `runc kill` and `runc delete`."""
    with bare_box(limits) as (name, process):
        assert process.stdin is not None
        assert process.stdout is not None
        begun = time.monotonic()
        process.stdin.write("go\n")
        process.stdin.flush()
        process.stdout.readline()
        runc = ["runc", "--root", str(box.RUNC_STATE)]
        state = json.loads(subprocess.run([*runc, "state", name], check=True, capture_output=True).stdout)
        _ask(Path(f"/proc/{state['pid']}/root/run/docker.sock"))
        started = time.monotonic() - begun
        begun = time.monotonic()
        subprocess.run([*runc, "kill", name, "KILL"], check=True, capture_output=True)
        while subprocess.run([*runc, "delete", name], check=False, capture_output=True).returncode:
            time.sleep(0.001)
        return started, time.monotonic() - begun


def _ask(path: Path) -> None:
    """Ask the engine until it answers."""
    while True:
        connection = http.client.HTTPConnection("engine")
        with socket.socket(socket.AF_UNIX) as client:
            connection.sock = client
            try:
                client.connect(str(path))
                connection.request("GET", "/_ping")
                connection.getresponse().read()
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.001)
                continue
        return


def product() -> tuple[float, float]:
    """Return the seconds until a host of a standing underlay is ready, and those of stopping it."""
    session = secrets.token_hex(6)
    try:
        ground = underlay.open(session, lab_host.UNDERLAY)
        begun = time.monotonic()
        started = hosts.start(session, LabHost("alpha", lab_host.ADDRESS), ground, LIMITS)
        hosts.wait_for_engine(started)
        ready = time.monotonic() - begun
        begun = time.monotonic()
        hosts.stop(started)
        return ready, time.monotonic() - begun
    finally:
        hosts.stop_session(session)


def idle_bytes() -> int:
    """Return what an idle host is charged with by its memory group, some seconds after its engine answered."""
    with lab_host.fresh() as host:
        time.sleep(IDLE_S)
        return host.memory_bytes


def claims(rounds: int) -> list[float]:
    """Return the seconds that claiming a parked host takes."""
    took = []
    session = secrets.token_hex(6)
    try:
        ground = underlay.open(session, lab_host.UNDERLAY)
        for number in range(rounds):
            pool.park(1, LIMITS)
            begun = time.monotonic()
            assert pool.claim(session, LabHost(f"h{number}", lab_host.ADDRESS + number), ground, LIMITS)
            took.append(time.monotonic() - begun)
    finally:
        hosts.stop_session(session)
        pool.clear()
    return took


def main() -> int:
    """Measure, print, and return 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    if shutil.which("runc") is None:
        parser.error("runc is not installed")
    bare_took: list[tuple[float, float]] = []
    product_took: list[tuple[float, float]] = []
    for turn in range(chosen.rounds):
        for way, took in ((bare, bare_took), (product, product_took))[:: 1 if turn % 2 else -1]:
            took.append(way())
    print(f"{chosen.rounds} rounds, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    ready = lab_host.show("product: host ready, images there", [one for one, _ in product_took])
    floor = lab_host.show("runc run + dockerd: engine answers", [one for one, _ in bare_took])
    stop = lab_host.show("product: stop", [one for _, one in product_took])
    stop_floor = lab_host.show("runc kill + runc delete", [one for _, one in bare_took])
    lab_host.show("product: claim a parked host", claims(min(chosen.rounds, 8)))
    memory = int(statistics.median(idle_bytes() for _ in range(3)))
    print(f"idle host: {memory / 2**20:.1f} MiB (at most {MEMORY_MAY_BE_BYTES >> 20})")
    print(f"ready / bare: {ready / floor:.2f} (at most {READY_MAY_COST:.2f})")
    print(f"stop / bare: {stop / stop_floor:.2f} (at most {STOP_MAY_COST:.2f})")
    missed = (ready / floor > READY_MAY_COST, stop / stop_floor > STOP_MAY_COST, memory > MEMORY_MAY_BE_BYTES)
    return int(any(missed))


if __name__ == "__main__":
    sys.exit(main())
