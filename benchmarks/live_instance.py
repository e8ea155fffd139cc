"""An instance in processes of its own: Redis, observer, worker, web; all in a folder that goes afterwards.

Imported before anything of the product: it moves the installation by environment variables.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="nqb-", dir="/tmp"))  # short: it holds sockets
FOLDER.chmod(0o755)
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
for _name in ("run", "state"):
    (FOLDER / _name).mkdir(mode=0o755)
    os.environ[f"NETQUARIUM_{_name.upper()}"] = str(FOLDER / _name)
os.environ["DJANGO_SETTINGS_MODULE"] = "labsite.settings"
os.environ["NETQUARIUM_LOG_LEVEL"] = "WARNING"

ROOT = Path(__file__).parent.parent
REDIS_SERVER = shutil.which("redis-server") or "/usr/bin/redis-check-rdb"
"""Debian's redis-tools ships the server under the second name; it acts by the name it is called by."""
READY_S = 30.0
LEARNER, PASSWORD = "bench", secrets.token_urlsafe(12)


@dataclass(frozen=True)
class Instance:
    """`processes` by name: redis, web and, if asked for, observer and worker."""

    port: int
    processes: dict[str, subprocess.Popen[bytes]]

    def cpu_s(self, name: str) -> float:
        """CPU time a process has used so far, in seconds."""
        fields = Path(f"/proc/{self.processes[name].pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(
    *,
    observer: bool,
    worker: bool = False,
    warm_hosts: int = 0,
    catalog: Path | None = None,
    application: str = "labsite.asgi:application",
) -> Iterator[Instance]:
    """Run the instance on a free port, as the supervisor would; `catalog` is a folder of labs in place of its own."""
    os.environ["NETQUARIUM_WARM_HOSTS"] = str(warm_hosts)
    if catalog is not None:
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.catalog_settings"
        os.environ["BENCHMARK_CATALOG"] = str(catalog)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, FOLDER / "state", ignore_errors=True)
        processes = {"redis": _redis(stack)}
        _manage("migrate", "--verbosity=0")
        if observer:
            processes["observer"] = _start(stack, [sys.executable, "manage.py", "observe"])
            _wait_for(lambda: (FOLDER / "run/observer.sock").exists())
        if worker:
            words = ["celery", "--quiet", "-A", "labsite.celery", "worker", "--loglevel=WARNING", "--concurrency=4"]
            words += ["--without-gossip", "--without-mingle"]
            processes["worker"] = _start(stack, [sys.executable, "-m", *words])
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = int(listener.getsockname()[1])
            listener.listen(2048)
            command = ["uvicorn", application, "--fd", str(listener.fileno()), "--no-access-log", "--lifespan", "off"]
            command += ["--ws", "websockets-sansio", "--log-level", "warning"]
            processes["web"] = _start(stack, [sys.executable, "-m", *command], listener.fileno())
        yield Instance(port, processes)


def session_and_token(identifier: str) -> str:
    """Make the row of a running session and return its owner's token."""
    learner = token()
    from datetime import timedelta

    from django.contrib.auth.models import User
    from django.utils import timezone

    from labs.models.session import LabSession, State

    owner = User.objects.get(username=LEARNER)
    later = timezone.now() + timedelta(hours=1)
    LabSession.objects.create(
        id=identifier, owner=owner, lab="default-bridge", minutes=60, state=State.RUNNING, expires_at=later
    )
    return learner


def token() -> str:
    """Return a learner's token, the learner made if need be."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.db import connections

    from labs.models.token import Scope, issue

    connections.close_all()  # an earlier instance of this process had its own database in the same place
    owner, is_new = User.objects.get_or_create(username=LEARNER)
    if is_new:
        owner.set_password(PASSWORD)
        owner.save()
    return issue(owner, [Scope.LEARNER])[1]


def percentile(values: list[float], part: float) -> float:
    """Return the value that `part` (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _redis(stack: ExitStack) -> subprocess.Popen[bytes]:
    path = FOLDER / "run/redis.sock"
    words = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(words, executable=REDIS_SERVER, cwd=FOLDER, stdout=subprocess.DEVNULL)
    stack.callback(_end, process)
    _wait_for(path.exists)
    return process


def _manage(*words: str) -> None:
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, check=True)


def _start(stack: ExitStack, words: list[str], *descriptors: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(words, cwd=ROOT, pass_fds=descriptors)
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def _wait_for(holds: object) -> None:
    assert callable(holds)
    deadline = time.monotonic() + READY_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the instance does not get ready")
        time.sleep(0.02)
