"""Talk to the supervisor: start it, ask for its programs' states, stop it. XML-RPC over a Unix socket, stdlib only.

Source: supervisord.org/api.html.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import time
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from labsite.setup import programs, venv
from labsite.setup.errors import StepFailed
from labsite.setup.options import CHECKOUT, Options
from labsite.setup.steps import Step


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def make_connection(self, _host: object) -> http.client.HTTPConnection:
        connection = _UnixConnection(self.path)
        self._connection = ("localhost", connection)  # what the base class closes
        return connection


@dataclass(frozen=True)
class ProgramState:
    """`state` is supervisord's word: RUNNING, STARTING, BACKOFF, FATAL, STOPPED, …; `pid` is 0 when it does not run."""

    name: str
    state: str
    pid: int
    uptime_s: int
    description: str


def _server(options: Options) -> xmlrpc.client.ServerProxy:
    return xmlrpc.client.ServerProxy("http://localhost", transport=_UnixTransport(options.run / "supervisor.sock"))


def states(options: Options) -> list[ProgramState]:
    """Return every program's state, in starting order; an empty list when no supervisor runs."""
    try:
        with _server(options) as server:
            answer = cast("list[dict[str, str | int]]", server.supervisor.getAllProcessInfo())
    except (OSError, xmlrpc.client.Error, http.client.HTTPException):
        return []
    order = [program.name for program in programs.programs(options)]
    found = [
        ProgramState(
            name=str(info["name"]),
            state=str(info["statename"]),
            pid=int(info["pid"]),
            uptime_s=max(0, int(info["now"]) - int(info["start"])) if info["statename"] == "RUNNING" else 0,
            description=str(info["description"]),
        )
        for info in answer
    ]
    return sorted(found, key=lambda state: order.index(state.name) if state.name in order else len(order))


def start(options: Options, step: Step) -> None:
    """Write the configuration and start the supervisor as a daemon. Raises StepFailed."""
    if not options.redis_url:
        (options.run / "redis" / "redis.conf").write_text(programs.redis_configuration(options), encoding="utf-8")
        (options.run / "redis" / "redis.conf").chmod(0o644)
    path = options.run / "supervisord.conf"
    path.write_text(programs.configuration(options), encoding="utf-8")
    step.say("starting the supervisor")
    step.run(
        [str(venv.path(options) / "bin/supervisord"), "--configuration", str(path)],
        cwd=CHECKOUT,
        environment=options.environment(),
    )


def restart(options: Options, name: str) -> None:
    """Stop and start one program. Raises StepFailed when the supervisor refuses."""
    try:
        with _server(options) as server, contextlib.suppress(xmlrpc.client.Fault):
            server.supervisor.stopProcess(name, True)
        with _server(options) as server:
            server.supervisor.startProcess(name, True)
    except (OSError, xmlrpc.client.Error) as error:
        raise StepFailed(f"{name} cannot be started again: {error}", options.logs / f"{name}.log") from error


def _process(options: Options) -> int | None:
    """Return the supervisor's process id when that process is alive and is ours."""
    try:
        pid = int((options.run / "supervisord.pid").read_text(encoding="ascii"))
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if str(options.run / "supervisord.conf").encode() in line else None


def stop(options: Options, *, timeout_s: float = 60) -> bool:
    """Stop every program, then the supervisor. Returns False when none ran; raises StepFailed past the timeout."""
    pid = _process(options)
    if pid is None:
        return False
    try:
        with _server(options) as server:
            server.supervisor.shutdown()
    except (OSError, xmlrpc.client.Error):
        subprocess.run(["kill", "-TERM", str(pid)], check=False)
    deadline = time.monotonic() + timeout_s
    while _process(options) is not None:
        if time.monotonic() > deadline:
            raise StepFailed(
                f"The supervisor (process {pid}) did not end within {timeout_s:.0f} s", options.logs / "supervisord.log"
            )
        time.sleep(0.05)
    return True
