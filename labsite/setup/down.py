"""`./nq down`: stop every program, then every lab host of this installation; nothing of it stays in the kernel."""

from __future__ import annotations

import shutil

from labsite.setup import supervisor, venv
from labsite.setup.errors import MachineUnsuitable
from labsite.setup.options import CHECKOUT, Options
from labsite.setup.steps import step

_LEFT_IN_RUN = ("fingerprint", "supervisord.conf", "supervisord.pid", "supervisor.sock", "redis.sock", "observer.sock")
_FOLDERS_IN_RUN = ("redis", "beat", "web.root", "beat.root")


def down(options: Options) -> bool:
    """Stop all; returns False when nothing ran. Raises StepFailed naming what would not end."""
    with step("programs", options.logs) as under_way:
        under_way.say("stopping web, worker, observer, beat and Redis")
        ran = supervisor.stop(options)
    if venv.is_ready(venv.path(options)):
        with step("lab hosts", options.logs) as under_way:
            under_way.run(
                [str(venv.path(options) / "bin/python"), "-m", "labsite.teardown"],
                cwd=CHECKOUT,
                environment=options.environment(),
            )
    for name in _LEFT_IN_RUN:
        (options.run / name).unlink(missing_ok=True)
    for name in _FOLDERS_IN_RUN:
        shutil.rmtree(options.run / name, ignore_errors=True)
    return ran


def require_root(rights: int) -> None:
    """Raise MachineUnsuitable unless the effective user id is root's."""
    if rights != 0:
        raise MachineUnsuitable("Run this as root (sudo ./nq …): the instance belongs to root.")
