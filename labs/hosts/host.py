"""Lab hosts: start, list, adopt, stop.

A host is adopted, not owned: everything about it is read back from its folder and the kernel, so any worker of the
machine may stop a host that another, dead by now, has started.
"""

from __future__ import annotations

import http.client
import os
import socket as sockets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from labs.hosts import box, cable, cgroup, image, machine, oci, preflight, uid_range
from labs.hosts import underlay as underlays
from labs.hosts.errors import EngineNotReady, HostGone, HostStartFailed
from labs.hosts.image import HostImage
from labs.hosts.underlay import Underlay
from labs.kernel import rooted
from labs.specs.lab import LabHost, Limits

NOWHERE = IPv4Address("0.0.0.0")
ENGINE_LOG = "var/log/engine.log"


@dataclass(frozen=True)
class Host:
    """A running lab host. `box` is its runc container; `pid` its PID 1, as the machine sees it.

    A parked host has session "" and address 0.0.0.0. Paths below /proc/<pid> end with the host. What lies in the host
    belongs to the learner: open files below `root` with `labs.kernel.rooted`, never by a plain path.
    """

    box: str
    session: str
    name: str
    address: IPv4Address
    pid: int
    uid_base: int

    @property
    def root(self) -> Path:
        return Path(f"/proc/{self.pid}/root")

    @property
    def engine_socket(self) -> Path:
        """The engine's own listening socket on the machine's side, which nobody in the host can replace."""
        return box.FOLDER / self.box / "engine.sock"

    @property
    def namespace(self) -> Path:
        return Path(f"/proc/{self.pid}/ns/net")

    @property
    def engine_namespaces(self) -> Path:
        """Folder of the engine's network namespaces, the process-less ones of overlays ("1-<id>") included."""
        return self.root / "run/docker/netns"

    @property
    def named_namespaces(self) -> Path:
        """Folder of what the learner makes by `ip netns add`."""
        return self.root / "run/netns"

    @property
    def memory_bytes(self) -> int:
        """What the host's memory group is charged with now."""
        return cgroup.memory_bytes(self.box)


def start(session: str, lab_host: LabHost, underlay: Underlay, limits: Limits, *, engine: bool = True) -> Host:
    """Start a host and plug it into the underlay. Returns when its box runs; the engine may still be starting.

    Safe to call from several threads and processes at once. What fails leaves nothing.
    Raises: ImageMissing, HostExists, HostStartFailed, UnderlayFailed, NoUidRange.
    """
    identity = files(lab_host.name, lab_host.address, underlay.resolvers)
    with box.reserve(f"{session}-{lab_host.name}", session) as reservation:
        host = run(image.current(), reservation, lab_host.name, limits, identity, engine=engine)
        host = replace(host, session=session, address=lab_host.address)
        connect(host, underlay)
        complete(reservation, host)
    return host


def run(
    image_: HostImage,
    reservation: box.Reservation,
    name: str,
    limits: Limits,
    files_: Mapping[str, str],
    *,
    engine: bool,
    template: bool = True,
) -> Host:
    """Run a box under a reservation, unplugged; `files_` are paths and texts to write into it.

    Raises: HostStartFailed, NoUidRange, NotRoot, MachineUnfit.
    """
    preflight.check_root()
    folder = reservation.folder
    base = uid_range.take(folder)
    cgroup.create(reservation.box, base)
    configuration = oci.configuration(
        hostname=name,
        uid_base=base,
        root=machine.DISK / "root",
        data=machine.DISK / "data",
        tun=machine.DISK / "tun",
        group=f"{cgroup.parent()}/{reservation.box}",
        limits=limits,
        command=oci.ENGINE if engine else oci.IDLE,
        environment={**oci.ENVIRONMENT, **oci.ENGINE_ENVIRONMENT, "ENGINE_SOCKET": "3"} if engine else oci.ENVIRONMENT,
    )
    box.write_json(folder / "config.json", configuration)
    job = {
        "rootfs": str(image_.rootfs),
        "template": str(image_.template) if template else "",
        "uid_base": base,
        "disk_bytes": limits.disk_bytes,
        "files": dict(files_),
    }
    with sockets.socket(sockets.AF_UNIX) as listener:
        if engine:
            _bind(listener, folder)
            listener.listen(64)
        try:
            pid = box.assemble(reservation, job, listener.fileno() if engine else None)
        except HostStartFailed:
            preflight.check()  # a clearer reason, if the machine is it
            raise
    return Host(reservation.box, "", name, NOWHERE, pid, base)


def _bind(listener: sockets.socket, folder: Path) -> None:
    """Give the engine's socket its place, by a short name: the engine tells the name to whoever asks inside."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        listener.bind(f"/proc/self/fd/{descriptor}/engine.sock")
    finally:
        os.close(descriptor)


def files(name: str, address: IPv4Address, resolvers: Sequence[IPv4Address]) -> dict[str, str]:
    """Return the files that give a host its identity."""
    servers = "".join(f"nameserver {resolver}\n" for resolver in resolvers)
    return {
        "/etc/hostname": f"{name}\n",
        "/etc/hosts": f"127.0.0.1 localhost\n::1 localhost ip6-localhost\n{address} {name}\n",
        "/etc/resolv.conf": f"{servers}options timeout:1 attempts:1\n",
    }


def connect(host: Host, underlay: Underlay) -> None:
    """Plug an unplugged host's eth0 into the underlay. Raises: UnderlayFailed."""
    address = IPv4Interface(f"{host.address}/{underlay.subnet.prefixlen}")
    cable.plug(underlay.namespace, underlays.BRIDGE, host.namespace, host.name, address, underlay.gateway)


def complete(reservation: box.Reservation, host: Host, more: Mapping[str, object] | None = None) -> None:
    """Record a host as running, for `running` of any process; `more` facts are kept with it."""
    reservation.complete(
        {
            **(more or {}),
            "kind": "host",
            "session": host.session,
            "name": host.name,
            "address": str(host.address),
            "pid": host.pid,
            "uid_base": host.uid_base,
        }
    )


def adopt(name: str) -> Host | None:
    """Return the running host whose box is `name`, whoever started it; None when there is none."""
    known = box.facts(name)
    if known is None or known["kind"] != "host":
        return None
    return Host(
        name,
        str(known["session"]),
        str(known["name"]),
        IPv4Address(str(known["address"])),
        int(str(known["pid"])),
        int(str(known["uid_base"])),
    )


def running(session: str | None = None) -> list[Host]:
    """Return the running hosts, of one session or of all, parked ones left out; ordered by session and name.

    A host that has ended (rebooted from inside, engine failed for good) is not among them.
    """
    hosts = [host for name in box.boxes() if (host := adopt(name)) is not None and host.session]
    return sorted(
        (host for host in hosts if session in (None, host.session)), key=lambda host: (host.session, host.name)
    )


def is_running(host: Host) -> bool:
    return box.is_alive(host.box, host.pid)


def wait_for_engine(host: Host, timeout_s: float = 15) -> None:
    """Wait until the host's engine answers.

    The socket listens from the start, so one request waits for the answer; nothing polls.
    Raises: EngineNotReady with the end of the engine's own log; HostGone when the host has ended.
    """
    connection = http.client.HTTPConnection("engine", timeout=timeout_s)
    with sockets.socket(sockets.AF_UNIX) as client:
        client.settimeout(timeout_s)
        connection.sock = client
        try:
            client.connect(str(host.engine_socket))
            connection.request("GET", "/_ping")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            log = rooted.read_end(host.root, ENGINE_LOG)
            if not is_running(host):
                raise HostGone(f"The host {host.name} has ended.", host=host.name, log=log) from error
            raise EngineNotReady(
                f"The engine of {host.name} did not answer within {timeout_s:g} s.", host=host.name, log=log
            ) from error
    if status != http.client.OK:
        raise EngineNotReady(f"The engine of {host.name} answered with status {status}.", host=host.name, log="")


def stop(host: Host) -> None:
    """End the host and remove everything it was; idempotent.

    Raises: HostStopFailed.
    """
    if (ground := underlays.find(host.session)) is not None:
        cable.cut(ground.namespace, host.name)
    box.remove(host.box)


def stop_session(session: str) -> None:
    """Remove everything that belongs to a session, half-started or half-stopped things included; idempotent.

    Raises: HostStopFailed.
    """
    owned = [name for name, owner in box.boxes().items() if owner == session]
    for name in owned:
        if name != underlays.name_box(session):
            box.remove(name)
    underlays.close(session)


def sessions() -> set[str]:
    """Return every session that owns anything, for the reaper to compare with what should run."""
    return {owner for owner in box.boxes().values() if owner}


def command(host: Host, argv: Sequence[str], *, tty: bool = False, env: Mapping[str, str] | None = None) -> list[str]:
    """Return the command line that runs `argv` as the host's root: with its limits, its namespaces and its filter.

    The only way in for anything a learner types: entering the namespaces otherwise sheds the filter and the limits.
    """
    line = ["runc", "--root", str(box.RUNC_STATE), "exec", "--cwd", "/root"]
    if tty:
        line.append("--tty")
    for key, value in (env or {}).items():
        line += ["--env", f"{key}={value}"]
    return [*line, host.box, *argv]
