"""`./nq down`: stop every program, then every lab host of this installation; nothing of it stays in the kernel."""

from __future__ import annotations

import contextlib
import shutil

from labsite.setup import supervisor, venv
from labsite.setup.errors import MachineUnsuitable, StepFailed
from labsite.setup.options import CHECKOUT, Options
from labsite.setup.steps import step

_LEFT_IN_RUN = (
    "fingerprint",
    "supervisord.conf",
    "supervisord.pid",
    "supervisor.sock",
    "redis.sock",
    "observer.sock",
    "observer.lock",
)
_FOLDERS_IN_RUN = ("redis", "beat", "web.root", "beat.root", "runc", "turns")


def down(options: Options) -> bool:
    """Stop all; returns False when nothing ran. Raises StepFailed naming what would not end."""
    ready = venv.is_ready(venv.path(options))
    running = {state.name for state in supervisor.states(options) if state.state == "RUNNING"}
    if ready and "worker" in running and (options.redis_url or "redis" in running):
        with step("sessions", options.logs) as under_way, contextlib.suppress(StepFailed):
            # What the worker does not manage in time is removed below; the rows are put right at the next start.
            under_way.run([*_teardown(options), "sessions"], cwd=CHECKOUT, environment=options.environment())
    with step("programs", options.logs) as under_way:
        under_way.say("stopping web, worker, observer, beat and Redis")
        ran = supervisor.stop(options)
    if ready:
        with step("lab hosts", options.logs) as under_way:
            under_way.run([*_teardown(options), "hosts"], cwd=CHECKOUT, environment=options.environment())
    for name in _LEFT_IN_RUN:
        (options.run / name).unlink(missing_ok=True)
    for name in _FOLDERS_IN_RUN:
        shutil.rmtree(options.run / name, ignore_errors=True)
    return ran


def _teardown(options: Options) -> list[str]:
    return [str(venv.path(options) / "bin/python"), "-m", "labsite.teardown"]


def require_root(rights: int) -> None:
    """Raise MachineUnsuitable unless the effective user id is root's."""
    if rights != 0:
        raise MachineUnsuitable("Run this as root (sudo ./nq …): the instance belongs to root.")
