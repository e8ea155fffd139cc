"""Why lab hosts cannot run on this machine, if so: asked when one did not start, and by who wants to know before."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from labs.hosts.errors import MachineUnfit, NotRoot

PROGRAMS = {"runc": "runc", "ip": "iproute2", "nsenter": "util-linux", "nft": "nftables"}


def check_root() -> None:
    """Raises: NotRoot."""
    if os.geteuid() != 0:
        raise NotRoot("Lab hosts need root on this machine: they are made of namespaces, mounts and control groups.")


def check() -> None:
    """Try what every lab host rests on.

    Raises: NotRoot; MachineUnfit naming the first thing that is missing, with the remedy where there is one.
    """
    check_root()
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            raise MachineUnfit(f"{program} is not installed: apt-get install {package}.", missing=program)
    limit = Path("/proc/sys/user/max_user_namespaces")
    if limit.exists() and int(limit.read_text()) == 0:
        raise MachineUnfit("User namespaces are switched off here: sysctl -w user.max_user_namespaces=10000.")
    if _refused("unshare", "--user", "true"):
        raise MachineUnfit(
            "This kernel makes no user namespace, and without one a learner's root would be the machine's."
        )
    if "overlay" not in Path("/proc/filesystems").read_text() and _refused("modprobe", "overlay"):
        raise MachineUnfit("This kernel has no overlay file system, on which every lab host stands.")
    if "tmpfs" not in Path("/proc/filesystems").read_text():
        raise MachineUnfit("This kernel has no tmpfs, on which every lab host keeps what it writes.")


def _refused(*words: str) -> bool:
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode != 0
    except FileNotFoundError:
        return True
