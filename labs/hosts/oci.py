"""The OCI configuration of a box (config.json of the runtime specification 1.0.2). Pure: values in, a mapping out."""

from __future__ import annotations

from pathlib import Path

from labs.hosts import seccomp, uid_range
from labs.specs.lab import Limits

CAPABILITIES = [
    f"CAP_{name}"
    for name in (  # noqa: SIM905
        "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
        "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT "
        "SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL "
        "SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
    ).split()
]
"""All of them: they count only in the box's user namespace, and `docker run --privileged` fails if one is missing."""

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}

ENGINE = ["/usr/bin/catatonit", "--", "/usr/lib/netquarium/engine"]
ENGINE_ENVIRONMENT = {"GOGC": "400", "GOMEMLIMIT": "64MiB"}
"""Less garbage collection in the engine: ten containers cost 2.2 instead of 2.8 s of CPU. Not off altogether, for the
shim of every container inherits it and would never collect."""
IDLE = ["/usr/bin/catatonit", "-P"]
CPU_PERIOD_US = 100_000


def configuration(
    *,
    hostname: str,
    uid_base: int,
    root: Path,
    data: Path,
    tun: Path,
    group: str,
    limits: Limits,
    command: list[str],
    environment: dict[str, str],
) -> dict[str, object]:
    """Return the configuration of a box.

    `root`, `data` (its /var/lib/docker) and `tun` (a node for /dev/net/tun, mode 0666: the machine's own is 0600)
    are paths in the launcher's mount namespace; `group` is the control group below the root of every tree.
    """
    ids = [{"containerID": 0, "hostID": uid_base, "size": uid_range.SIZE}]
    every = list(CAPABILITIES)
    return {
        "ociVersion": "1.0.2",
        "hostname": hostname,
        "root": {"path": str(root), "readonly": False},
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "cwd": "/root",
            "args": command,
            "env": [f"{key}={value}" for key, value in environment.items()],
            "capabilities": dict.fromkeys(("bounding", "effective", "permitted", "inheritable"), every),
            "noNewPrivileges": False,
        },
        "mounts": _mounts(data, tun),
        "linux": {
            "uidMappings": ids,
            "gidMappings": ids,
            "namespaces": [{"type": kind} for kind in ("user", "pid", "network", "ipc", "uts", "mount", "cgroup")],
            "cgroupsPath": f"/{group}",
            "resources": {
                "memory": {"limit": limits.memory_bytes, "swap": limits.memory_bytes},
                "pids": {"limit": limits.pids},
                "cpu": {"quota": int(limits.cpus * CPU_PERIOD_US), "period": CPU_PERIOD_US},
            },
            # Set before the engine starts: one that turns forwarding on itself also drops all forwarded packets.
            "sysctl": {"net.ipv4.ip_forward": "1"},
            "seccomp": seccomp.filter_(),
            "maskedPaths": [],
            "readonlyPaths": [],
            "rootfsPropagation": "private",
        },
    }


def _mounts(data: Path, tun: Path) -> list[dict[str, object]]:
    # /sys is writable because `docker run --privileged` mounts it so; its entries stay protected by their owner.
    return [
        _mount("/proc", "proc"),
        _mount("/dev", "tmpfs", "nosuid", "mode=755", "size=64k"),
        _mount("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
        _mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", "size=64m"),
        _mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"),
        _mount("/sys", "sysfs", "nosuid", "noexec", "nodev"),
        # `ip netns exec` takes /sys away and mounts its own, which the kernel allows only while another is in sight.
        _mount("/usr/lib/netquarium/sys", "sysfs", "nosuid", "noexec", "nodev"),
        _mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime"),
        _mount("/run", "tmpfs", "nosuid", "nodev", "mode=755", "size=64m"),
        _mount("/tmp", "tmpfs", "nosuid", "nodev", "mode=1777", "size=64m"),
        {"destination": "/var/lib/docker", "type": "bind", "source": str(data), "options": ["rbind", "rw"]},
        {"destination": "/dev/net/tun", "type": "bind", "source": str(tun), "options": ["bind", "rw"]},
    ]


def _mount(where: str, kind: str, *options: str) -> dict[str, object]:
    return {"destination": where, "type": kind, "source": kind, "options": list(options)}
