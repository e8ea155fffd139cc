"""Run things in a lab host as a learner does: by a shell of its root, or from the strongest container Docker offers."""

from __future__ import annotations

import subprocess

from labs.hosts import host as hosts
from labs.hosts.host import Host

TIMEOUT_S = 60
STRONGEST = (  # noqa: SIM905
    "docker run --rm --privileged --pid host --network host --ipc host --uts host --userns host -v /:/host "
    "netquarium/tools:1"
).split()


def run(host: Host, *argv: str, timeout_s: float = TIMEOUT_S) -> subprocess.CompletedProcess[str]:
    """Run a command as the host's root; a failure is a result."""
    return subprocess.run(
        hosts.command(host, argv), capture_output=True, text=True, errors="replace", check=False, timeout=timeout_s
    )


def shell(host: Host, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in the host's own shell."""
    return run(host, "sh", "-c", script)


def must(host: Host, script: str) -> str:
    """Run a script in the host's shell and return its output; a failure fails the test."""
    done = shell(host, script)
    assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
    return done.stdout


def strongest(host: Host, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a container with every privilege and every namespace of the host, its root mounted on /host."""
    return run(host, *STRONGEST, "sh", "-c", script)
