"""`./nq up`: from whatever state the machine is in to an instance that answers. All in place: changes nothing."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labsite.setup import folders, frontend, machine, packages, supervisor, venv
from labsite.setup.errors import StepFailed
from labsite.setup.options import CHECKOUT, USER, Options
from labsite.setup.steps import Step, step

HEALTHY_WITHIN_S = 60.0
AS_CHOSEN = "(as you chose it)"
"""Stands for a password that this file has never known: the login is older than it."""
_SOURCES = ("labs", "labsite", "manage.py", "requirements.txt")


@dataclass(frozen=True)
class Access:
    """How to get in: the page, the login and its password, a bearer token."""

    url: str
    login: str
    password: str
    token: str


def fingerprint(options: Options) -> str:
    """Return a digest of all that a running instance depends on: the sources, the page, the settings."""
    total = hashlib.sha256(json.dumps(options.environment(), sort_keys=True).encode())
    total.update(str(venv.path(options)).encode())
    for name in _SOURCES:
        for file in _files(CHECKOUT / name):
            total.update(f"{file}\0".encode())
            total.update(file.read_bytes())
    return total.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if name != "__pycache__")
        yield from (Path(folder) / file for file in sorted(files) if not file.endswith(".pyc"))


def health(options: Options, *, timeout_s: float = 5) -> dict[str, str]:
    """Ask the web program how each part is: part → "ok" or what is wrong. No answer is told under "web"."""
    request = urllib.request.Request(f"{options.url}healthz", headers={"Host": "localhost"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout_s) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    except OSError as error:
        return {"web": f"does not answer: {getattr(error, 'reason', error)}"}
    try:
        parts = json.loads(text)["parts"]
    except (ValueError, KeyError, TypeError):
        return {"web": "answers, but not like Netquarium"}
    return {str(name): str(state) for name, state in parts.items()}


def up(options: Options) -> Access:
    """Bring the instance up and return how to get in. Raises a LabError with one sentence when that cannot be."""
    machine.check_before(options)
    options.state.mkdir(parents=True, exist_ok=True)
    options.logs.mkdir(mode=0o700, exist_ok=True)
    with _alone(options):
        if _is_up(options):
            return access(options)
        if not supervisor.states(options):
            machine.check_port(options)  # now, rather than after minutes of building
        prepare(options)
        folders.make(options)
        with step("database", options.logs) as under_way:
            _migrate(options, under_way)
        entry = _admit(options)
        with step("web, worker, observer, beat", options.logs) as under_way:
            supervisor.stop(options)
            machine.check_port(options)
            supervisor.start(options, under_way)
            _await_health(options, under_way)
        _write_private(options.run / "fingerprint", fingerprint(options))
    return entry


def prepare(options: Options, *, development: bool = False) -> None:
    """Install packages, environments, the page and the lab host image: everything that does not run yet."""
    wanted = (*packages.RUNTIME, *packages.TESTS) if development else packages.RUNTIME
    if missing := packages.missing(wanted):
        with step(f"packages: {' '.join(missing)}", options.logs) as under_way:
            packages.install(missing, under_way)
    machine.check_kernel()
    folders.make_user()
    options.cache.mkdir(parents=True, exist_ok=True)
    for dev in (False, True) if development else (False,):
        folder = venv.path(options, development=dev)
        if not venv.is_ready(folder):
            with step("Python packages" + (" for development" if dev else ""), options.logs) as under_way:
                venv.make(folder, under_way, options, development=dev)
    if not frontend.is_built():
        with step("the page", options.logs) as under_way:
            frontend.build(venv.path(options), under_way, options)
    with step("lab host image", options.logs) as under_way:
        under_way.run(
            [str(venv.path(options) / "bin/python"), "-m", "labs.hosts.image"],
            cwd=CHECKOUT,
            environment={**os.environ, **options.environment()},
        )


def access(options: Options) -> Access:
    """Return how to get in, from the files that `up` left. Raises StepFailed when there are none."""
    try:
        login, password, token = (options.state / "access").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise StepFailed(f"{options.state / 'access'} cannot be read: {error}") from error
    return Access(options.url, login, password, token)


@contextmanager
def _alone(options: Options) -> Iterator[None]:
    """Hold the instance's lock: two `./nq up` at once would build the same thing twice."""
    with (options.state / "setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("  waiting for another ./nq to finish …\n")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_up(options: Options) -> bool:
    try:
        known = (options.run / "fingerprint").read_text(encoding="ascii")
    except OSError:
        return False
    if known != fingerprint(options) or not frontend.is_built() or not (options.state / "access").exists():
        return False
    return not _unhealthy(options)


def _unhealthy(options: Options) -> dict[str, str]:
    """Return part → trouble, empty when all is well."""
    states = supervisor.states(options)
    if not states:
        return {"supervisor": "does not run"}
    troubles = {state.name: state.state.lower() for state in states if state.state != "RUNNING"}
    return troubles or {name: state for name, state in health(options).items() if state != "ok"}


def _await_health(options: Options, under_way: Step) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while True:
        troubles = _unhealthy(options)
        if not troubles:
            return
        under_way.part = ", ".join(f"{name} {state}" for name, state in troubles.items())
        under_way.show()
        fatal = [name for name, state in troubles.items() if state == "fatal"]
        if fatal or time.monotonic() > deadline:
            name = (fatal or list(troubles))[0]
            log = options.logs / f"{name}.log"
            raise StepFailed(
                f"Not healthy after {under_way.elapsed_s():.0f} s: {under_way.part}. {_last_line(log)}".strip(),
                log if log.exists() else options.logs / "supervisord.log",
            )
        time.sleep(0.1)


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    except OSError:
        return ""
    return f"Its last words: {lines[-1].strip()}" if lines else ""


def _migrate(options: Options, under_way: Step) -> None:
    """Make or update the tables; SQLite's file then belongs to the web program's user."""
    under_way.run(
        [str(venv.path(options) / "bin/python"), "manage.py", "migrate", "--no-input"],
        cwd=CHECKOUT,
        environment=options.environment(),
    )
    if options.database_url:
        return
    for file in options.database.iterdir():
        shutil.chown(file, USER, USER)
        file.chmod(0o660)


def _admit(options: Options) -> Access:
    """Create the admin on the first run, and write down the password and the token for the operator alone."""
    if (options.state / "access").exists():
        return access(options)
    with step("login", options.logs):
        lines = venv.output(
            options,
            ["manage.py", "make_admin", "--username", options.admin, "--json"],
            environment=options.environment(),
        )
        try:
            made = json.loads(lines)
            text = f"{made['username']}\n{made['password'] or AS_CHOSEN}\n{made['token']}\n"
        except (ValueError, KeyError) as error:
            raise StepFailed(f"manage.py make_admin answered something else than a login: {error}") from error
        _write_private(options.state / "access", text)
    return access(options)


def _write_private(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.rename(path)
