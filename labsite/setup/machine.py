"""Is this machine able to carry Netquarium? Each lack is one sentence that names it.

Two looks: `check_before` needs nothing installed; `check_kernel` tries every link type in a throw-away network
namespace and so needs iproute2, nftables and util-linux.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from labsite.setup.errors import MachineUnsuitable, PortTaken
from labsite.setup.options import Options

OLDEST_KERNEL = (5, 19)
"""overlayfs over an id-mapped layer: Linux 5.19 (commit bc70682a497c); mount_setattr(2) itself: 5.12."""

CAPABILITIES = {"CAP_SYS_ADMIN": 21, "CAP_NET_ADMIN": 12, "CAP_SYS_PTRACE": 19, "CAP_SETUID": 7, "CAP_MKNOD": 27}
"""Capability numbers: include/uapi/linux/capability.h. A container's root lacks the first three by default."""

LINKS = """
set -u
try() { what=$1; shift; "$@" >/dev/null 2>&1 || echo "$what"; }
try veth ip link add a0 type veth peer name a1
try bridge ip link add b0 type bridge
try vxlan ip link add v0 type vxlan id 5 dstport 4789
try macvlan ip link add m0 link a0 type macvlan mode bridge
try nf_tables nft add table inet trial
try "iptables (nft) NAT" iptables-nft -t nat -A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE
try "iptables (nft) conntrack" iptables-nft -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
"""
"""What lab hosts need of a kernel; prints the name of each thing refused."""

SPACE_FIRST_BYTES = 3 << 30
SPACE_LATER_BYTES = 300 << 20


def check_before(options: Options) -> None:
    """Raise MachineUnsuitable when no step of setting up could help: rights, system, kernel, disk."""
    if sys.platform != "linux":
        raise MachineUnsuitable(f"Netquarium runs on Linux only, and this is {platform.system()}.")
    if os.geteuid() != 0:
        raise MachineUnsuitable("Run this as root (sudo ./nq …): lab hosts need namespaces, mounts and control groups.")
    if missing := _missing_capabilities():
        raise MachineUnsuitable(
            f"This root lacks {', '.join(missing)}: it is a container's. "
            "Run on a machine, real or virtual, or use docker-compose.yml."
        )
    if _kernel() < OLDEST_KERNEL:
        raise MachineUnsuitable(
            f"Linux {platform.release()} is too old: Netquarium needs {OLDEST_KERNEL[0]}.{OLDEST_KERNEL[1]} or newer "
            "(overlayfs over id-mapped mounts). Debian 12 and Ubuntu 24.04 have it."
        )
    if platform.machine() not in {"x86_64", "aarch64"}:
        raise MachineUnsuitable(
            f"Netquarium is built for x86_64 and aarch64, and this machine is {platform.machine()}."
        )
    if missing := _missing_namespaces():
        raise MachineUnsuitable(f"This kernel lacks or forbids {', '.join(missing)} namespaces.")
    if missing := _missing_controllers():
        raise MachineUnsuitable(
            f"No control group hierarchy offers {', '.join(missing)}; mount cgroup v1 or v2 with them."
        )
    check_space(options)


def check_space(options: Options) -> None:
    """Raise MachineUnsuitable when a folder has too little room: 3 GiB before the first build, 300 MiB after."""
    built = (options.cache / "images").is_dir() and (options.cache / "venv").is_dir()
    for folder, needed in (
        (options.cache, SPACE_LATER_BYTES if built else SPACE_FIRST_BYTES),
        (options.state, SPACE_LATER_BYTES),
    ):
        standing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(standing).free
        if free < needed:
            raise MachineUnsuitable(
                f"{folder} has {free >> 20} MiB free and needs {needed >> 20} MiB: make room, or move it by "
                f"{'NETQUARIUM_CACHE' if folder == options.cache else 'NETQUARIUM_STATE'}."
            )


def check_kernel() -> None:
    """Raise MachineUnsuitable naming every kind of link, table or file system that the kernel refuses."""
    tried = subprocess.run(
        ["unshare", "--net", "sh", "-c", LINKS], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if tried.returncode and not tried.stdout:
        raise MachineUnsuitable(f"A network namespace cannot be made: {tried.stderr.strip()}")
    missing = tried.stdout.split("\n")[:-1]
    if "overlay" not in Path("/proc/filesystems").read_text(encoding="ascii").split():
        subprocess.run(["modprobe", "overlay"], capture_output=True, check=False)
        if "overlay" not in Path("/proc/filesystems").read_text(encoding="ascii").split():
            missing.append("overlayfs")
    if missing:
        raise MachineUnsuitable(f"This kernel ({platform.release()}) lacks: {', '.join(missing)}.")


def check_port(options: Options) -> None:
    """Raise PortTaken when the web program could not listen, naming the process that does if it can be seen."""
    address = options.listen
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, options.port))
            trial.listen(1)
        except OSError as error:
            if holder := listener(options.port):
                raise PortTaken(
                    f"Port {options.port} is taken by {holder}; stop it, or choose another: "
                    f"NETQUARIUM_PORT={options.port + 1} ./nq up"
                ) from error
            raise PortTaken(
                f"Nothing can listen on {address} port {options.port}: {error.strerror}. "
                "Choose another with NETQUARIUM_PORT or NETQUARIUM_LISTEN."
            ) from error


def listener(port: int) -> str | None:
    """Return "name (process 123)" of whatever listens on the TCP port, None when it cannot be seen.

    Source: proc(5), /proc/net/tcp: column 2 local address, 4 state (0A listening), 10 inode.
    """
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == "0A" and int(columns[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{columns[9]}]")
    if not inodes:
        return None
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if any(str(descriptor.readlink()) in inodes for descriptor in (process / "fd").iterdir()):
                name = (process / "comm").read_text(encoding="utf-8").strip()
                return f"{name} (process {process.name})"
        except OSError:
            continue  # it ended meanwhile, or is not ours to look into
    return None


def _missing_capabilities() -> list[str]:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    held = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    mask = int(held.group(1), 16) if held else 0
    return [name for name, bit in CAPABILITIES.items() if not mask >> bit & 1]


def _kernel() -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def _missing_namespaces() -> list[str]:
    missing = []
    for name, limit in (("user", "user"), ("net", "net"), ("pid", "pid"), ("mnt", "mnt"), ("cgroup", "cgroup")):
        allowed = Path(f"/proc/sys/user/max_{limit}_namespaces")
        if not Path(f"/proc/self/ns/{name}").exists() or (
            allowed.exists() and allowed.read_text(encoding="ascii").strip() == "0"
        ):
            missing.append(name)
    return missing


def _missing_controllers() -> list[str]:
    root = Path("/sys/fs/cgroup")
    try:
        unified = (root / "cgroup.controllers").read_text(encoding="ascii").split()
    except FileNotFoundError:
        unified = []
    return [name for name in ("memory", "pids", "cpu") if name not in unified and not (root / name).is_dir()]
