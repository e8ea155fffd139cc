"""The system user and the folders of an instance, with owners and modes that keep the web program out of the rest.

| Folder | Owner, mode | Why |
| --- | --- | --- |
| STATE | root:netquarium 0710 | the web program passes through; only root makes entries (settings.env is trusted) |
| STATE/database | netquarium 2770 | SQLite makes files beside the database; root's get the database's owner |
| STATE/logs | root 0700 | what programs say may name learners |
| RUN | root:netquarium 0710 | passage to redis.sock and observer.sock |
| RUN/redis, RUN/beat | netquarium 0700 | Redis and beat run unprivileged |
| RUN/hosts | root 0700 | bundles of lab hosts |
"""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from pathlib import Path

from labsite.setup.errors import StepFailed
from labsite.setup.options import USER, Options


def make_user() -> None:
    """Create the system user and its group unless they are there. Raises StepFailed."""
    try:
        pwd.getpwnam(USER)
    except KeyError:
        made = subprocess.run(
            [
                *("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"),
                *("--shell", "/usr/sbin/nologin", "--comment", "Netquarium", USER),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise StepFailed(f"The system user {USER} cannot be made: {made.stderr.strip()}") from None


def make(options: Options) -> None:
    """Make every folder, and mend owner and mode of those that are there. Needs the system user."""
    user = pwd.getpwnam(USER).pw_uid
    group = grp.getgrnam(USER).gr_gid
    options.cache.mkdir(parents=True, exist_ok=True)
    _keep(options.state, 0, group, 0o710)
    _keep(options.database, user, group, 0o2770)
    _keep(options.logs, 0, 0, 0o700)
    _keep(options.run, 0, group, 0o710)
    _keep(options.run / "redis", user, group, 0o700)
    _keep(options.run / "beat", user, group, 0o700)
    _keep(options.run / "hosts", 0, 0, 0o700)
    link = options.run / "redis.sock"
    if not options.redis_url and not link.is_symlink():
        link.unlink(missing_ok=True)
        link.symlink_to("redis/redis.sock")


def _keep(folder: Path, user: int, group: int, mode: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    os.chown(folder, user, group)
    folder.chmod(mode)
