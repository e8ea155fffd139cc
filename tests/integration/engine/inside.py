"""Look into containers of a lab host from its own shell, as a learner would."""

from __future__ import annotations

from labs.hosts.host import Host
from tests.integration.hosts.inside_host import run


def execute(host: Host, container: str, script: str) -> str:
    """Run a script in a container and return its output; a failure fails the test."""
    done = run(host, "docker", "exec", container, "sh", "-c", script)
    assert done.returncode == 0, f"{container}: {script}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def assert_pings(host: Host, container: str, target: str) -> None:
    """Fail unless one of a few pings is answered."""
    done = run(host, "docker", "exec", container, "ping", "-c", "3", "-i", "0.2", "-w", "3", target)
    assert "bytes from" in done.stdout, f"{container} cannot ping {target}: {done.stdout}{done.stderr}"


def assert_isolated(host: Host, container: str, target: str) -> None:
    """Fail if a ping is answered."""
    done = run(host, "docker", "exec", container, "ping", "-c", "2", "-i", "0.2", "-w", "1", target)
    assert done.returncode != 0, f"{container} can ping {target}: {done.stdout}{done.stderr}"
    assert "bytes from" not in done.stdout, f"{container} can ping {target}: {done.stdout}"
