"""Debian packages: which are needed, which are missing, and their installation without starting any service."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from labsite.setup.errors import MachineUnsuitable
from labsite.setup.steps import Step

RUNTIME = (
    "ca-certificates",
    "debian-archive-keyring",
    "iproute2",
    "iptables",
    "kmod",
    "mmdebstrap",
    "mount",
    "nftables",
    "passwd",
    "procps",
    "python3-venv",
    "redis-tools",  # holds the server too, as redis-check-rdb: no service comes with it
    "runc",
    "tcpdump",
    "tzdata",  # Celery's timers ask for UTC by name
    "util-linux",
)
"""What an instance needs on its machine."""

TESTS = ("chromium", "curl", "docker-compose", "fonts-dejavu-core", "fping", "git", "postgresql")
"""What the tests need besides."""

POLICY = "#!/bin/sh\n# Netquarium installs programs, not services.\nexit 101\n"
"""policy-rc.d(8) answer 101: starting is forbidden."""


def missing(packages: Iterable[str]) -> list[str]:
    """Return those of the packages that are not installed, in order."""
    wanted = list(packages)
    if shutil.which("dpkg-query") is None:
        raise MachineUnsuitable(
            "Packages come from apt, and this system has none: use Debian 12 or Ubuntu 24.04, or newer."
        )
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in wanted if package not in installed]


def install(packages: list[str], step: Step) -> None:
    """Install the packages, without recommended ones and without starting a service. Raises StepFailed."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    step.say("fetching the package index")
    step.run(["apt-get", "update", "-q"], environment=environment)
    before = _enabled()
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        with tempfile.NamedTemporaryFile("w", dir=policy.parent, delete=False, encoding="ascii") as file:
            file.write(POLICY)
        Path(file.name).chmod(0o755)
        Path(file.name).rename(policy)
    try:
        step.run(
            [
                "apt-get",
                "install",
                "-q",
                "-y",
                "--no-install-recommends",
                "-o",
                "Dpkg::Options::=--force-confold",
                "-o",
                "DPkg::Lock::Timeout=120",
                *packages,
            ],
            environment=environment,
        )
    finally:
        if ours:
            policy.unlink(missing_ok=True)
        for link in _enabled() - before:
            link.unlink(missing_ok=True)  # nor may it start at the next boot


def _enabled() -> set[Path]:
    """Return the links by which systemd starts units at boot (systemd.unit(5), .wants)."""
    return {link for link in Path("/etc/systemd/system").glob("*.wants/*") if link.is_symlink()}
