"""The operator's settings: every `NETQUARIUM_*` variable, its default and its meaning.

A value comes from the environment, else from STATE/settings.env (lines `NAME=value`), else from the default.
docs/operations.md shows the same table; a test compares the two.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from labsite.setup.errors import SettingInvalid

CHECKOUT = Path(__file__).resolve().parents[2]
"""The folder this code runs from."""

USER = "netquarium"
"""The system user (and group) of the web program and of the private Redis."""


@dataclass(frozen=True)
class Setting:
    name: str
    default: str
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "NETQUARIUM_CACHE", "/var/cache/netquarium", "What can be rebuilt: virtual environments, images, npm's cache."
    ),
    Setting("NETQUARIUM_STATE", "/var/lib/netquarium", "What is kept: database, secret key, logs, settings.env."),
    Setting("NETQUARIUM_RUN", "/run/netquarium", "What a reboot may clear: sockets, bundles of running lab hosts."),
    Setting("NETQUARIUM_PORT", "8000", "The web program's TCP port."),
    Setting("NETQUARIUM_LISTEN", "127.0.0.1", "The address the web program listens on; `0.0.0.0` for every one."),
    Setting("NETQUARIUM_ADMIN", "admin", "The login that `./nq up` creates."),
    Setting("NETQUARIUM_ALLOWED_HOSTS", "localhost, the machine's name", "Names by which browsers may call the page."),
    Setting("NETQUARIUM_TRUSTED_ORIGINS", "", "Further origins (`https://labs.example.org`) whose forms are accepted."),
    Setting("NETQUARIUM_HTTPS", "0", "1 behind a proxy that ends TLS and sets X-Forwarded-Proto."),
    Setting("NETQUARIUM_PROXIES", "0", "Proxies in front whose X-Forwarded-For is believed."),
    Setting("NETQUARIUM_DATABASE_URL", "", "`postgresql://…`; empty: SQLite in STATE/database/."),
    Setting("NETQUARIUM_REDIS_URL", "", "`redis://…` of a shared Redis; empty: a private one on RUN/redis.sock."),
    Setting("NETQUARIUM_SECRET_KEY", "", "Signs cookies and tickets; empty: one is made in STATE/secret.key."),
    Setting("NETQUARIUM_MACHINE", "the host name", "This machine's name in queues and channels."),
    Setting("NETQUARIUM_GROUP", "netquarium", "The group that may reach the observer's socket."),
    Setting("NETQUARIUM_SESSIONS_PER_USER", "5", "Live sessions one learner may have at a time."),
    Setting("NETQUARIUM_SESSIONS_IN_ALL", "60", "Live sessions of everybody together."),
    Setting("NETQUARIUM_SESSION_AGE_LIMIT_MINUTES", "480", "No session lives longer, however often it is extended."),
    Setting("NETQUARIUM_WARM_HOSTS", "0", "Lab hosts kept started ahead of need; each holds 25 to 60 MB."),
    Setting("NETQUARIUM_LOG_LEVEL", "INFO", "How much the programs log: DEBUG, INFO, WARNING or ERROR."),
    Setting("NETQUARIUM_DEBUG", "0", "1 shows tracebacks in the browser: for development alone."),
)

NAMES: frozenset[str] = frozenset(setting.name for setting in SETTINGS)

OURS = frozenset(
    f"NETQUARIUM_{name}"
    for name in ("CACHE", "STATE", "RUN", "PORT", "LISTEN", "ADMIN", "DATABASE_URL", "REDIS_URL", "MACHINE")
)
"""The settings that have a field of their own in `Options`."""


@dataclass(frozen=True)
class Options:
    """All settings, checked. `extra` holds those that only the programs read and that were chosen, by variable name."""

    cache: Path
    state: Path
    run: Path
    port: int
    listen: str
    admin: str
    database_url: str
    redis_url: str
    machine: str
    extra: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the page."""
        address = ip_address(self.listen)
        if address.is_unspecified:
            name = "127.0.0.1" if address.version == 4 else "[::1]"
        else:
            name = self.listen if address.version == 4 else f"[{self.listen}]"
        return f"http://{name}:{self.port}/"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def database(self) -> Path:
        """The folder of the SQLite database; belongs to the web program's user, root writes there too."""
        return self.state / "database"

    def environment(self) -> dict[str, str]:
        """Return the variables a program of this instance runs with, the caller's own environment left out."""
        values = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": "/nonexistent",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "labsite.settings",
            "NETQUARIUM_CACHE": str(self.cache),
            "NETQUARIUM_STATE": str(self.state),
            "NETQUARIUM_RUN": str(self.run),
            "NETQUARIUM_PORT": str(self.port),
            "NETQUARIUM_LISTEN": self.listen,
            "NETQUARIUM_MACHINE": self.machine,
            **self.extra,
        }
        if self.database_url:
            values["NETQUARIUM_DATABASE_URL"] = self.database_url
        if self.redis_url:
            values["NETQUARIUM_REDIS_URL"] = self.redis_url
        return values


def _file_values(path: Path) -> dict[str, str]:
    """Return the settings a file gives; raises SettingInvalid naming the line that is not `NAME=value`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, PermissionError):
        return {}
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, separator, value = stripped.partition("=")
        if not separator or name.strip() not in NAMES:
            raise SettingInvalid(
                f"{path} line {number}: expected NETQUARIUM_…=value with a known name, found {stripped!r}."
            )
        values[name.strip()] = value.strip()
    return values


def load(environment: Mapping[str, str] | None = None) -> Options:
    """Read the settings. Raises SettingInvalid with the setting's name and what is allowed."""
    given = {name: value for name, value in (os.environ if environment is None else environment).items() if value}
    state = Path(given.get("NETQUARIUM_STATE", "/var/lib/netquarium"))
    chosen = _file_values(state / "settings.env")
    chosen.update({name: value for name, value in given.items() if name in NAMES})
    values = {setting.name: setting.default for setting in SETTINGS} | chosen
    for name in ("NETQUARIUM_CACHE", "NETQUARIUM_STATE", "NETQUARIUM_RUN"):
        if not Path(values[name]).is_absolute():
            raise SettingInvalid(f"{name} must be an absolute path, not {values[name]!r}.")
    try:
        port = int(values["NETQUARIUM_PORT"])
    except ValueError as error:
        raise SettingInvalid(f"NETQUARIUM_PORT must be a number, not {values['NETQUARIUM_PORT']!r}.") from error
    if not 1 <= port <= 65535:
        raise SettingInvalid(f"NETQUARIUM_PORT must lie between 1 and 65535, not {port}.")
    try:
        ip_address(values["NETQUARIUM_LISTEN"])
    except ValueError as error:
        raise SettingInvalid(
            f"NETQUARIUM_LISTEN must be an address such as 127.0.0.1 or 0.0.0.0, not {values['NETQUARIUM_LISTEN']!r}."
        ) from error
    run = Path(values["NETQUARIUM_RUN"])
    if len(str(run)) > 80:
        raise SettingInvalid(f"NETQUARIUM_RUN is too long for the sockets in it (80 bytes at most): {run}")  # unix(7)
    return Options(
        cache=Path(values["NETQUARIUM_CACHE"]),
        state=state,
        run=run,
        port=port,
        listen=values["NETQUARIUM_LISTEN"],
        admin=values["NETQUARIUM_ADMIN"],
        database_url=values["NETQUARIUM_DATABASE_URL"],
        redis_url=values["NETQUARIUM_REDIS_URL"],
        machine=re.sub(r"[^a-z0-9-]+", "-", (chosen.get("NETQUARIUM_MACHINE") or socket.gethostname()).lower()),
        extra={name: value for name, value in sorted(chosen.items()) if name not in OURS},
    )
