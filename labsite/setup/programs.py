"""The programs of an instance and the supervisor's configuration, both as plain values."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from labsite.setup import venv
from labsite.setup.options import CHECKOUT, USER, Options


@dataclass(frozen=True)
class Program:
    """One supervised program. `command` is run without a shell, in the checkout."""

    name: str
    command: tuple[str, ...]
    priority: int
    stop_after_s: int = 10
    """How long it may take to end before it is killed."""


def _confined(options: Options, root: str, command: list[str], *, listen: bool = False, write: list[Path]) -> list[str]:
    """Return the command line that starts a program unprivileged, seeing only what it needs."""
    python = venv.path(options)
    shown = [CHECKOUT, python, options.run, options.state / "secret.key", Path("/run/systemd/resolve")]
    database = parse_qs(urlsplit(options.database_url).query).get("host", [""])[0]
    if database.startswith("/"):
        shown.append(Path(database))
    line = ["unshare", "--mount", "--propagation", "private", "--", str(python / "bin/python"), "-m"]
    line += ["labsite.setup.confine", "--root", str(options.run / f"{root}.root")]
    if listen:
        line += ["--listen", options.listen, "--port", str(options.port)]
    for path in shown:
        line += ["--show", str(path)]
    for path in write:
        line += ["--write", str(path)]
    return [*line, "--", *command]


def redis_configuration(options: Options) -> str:
    """Return the private Redis's configuration: a Unix socket only, a log of appends so that a crash loses no task."""
    folder = options.run / "redis"
    return "\n".join(
        (
            "port 0",
            f"unixsocket {folder}/redis.sock",
            "unixsocketperm 700",
            f"dir {folder}",
            'save ""',
            "appendonly yes",
            "appendfsync everysec",
            "daemonize no",
            "databases 2",
            "enable-module-command no",
            "enable-debug-command no",
            "enable-protected-configs no",
            "",
        )
    )


def programs(options: Options) -> list[Program]:
    """Return the programs, in the order in which they start."""
    bin_ = venv.path(options) / "bin"
    celery = [str(bin_ / "celery"), "-A", "labsite.celery"]
    found: list[Program] = []
    if not options.redis_url:
        # redis-tools ships the server under another name; it acts by the name it is called (argv[0]).
        server = f"exec -a redis-server /usr/bin/redis-check-rdb {shlex.quote(str(options.run / 'redis/redis.conf'))}"
        drop = (
            "setpriv",
            f"--reuid={USER}",
            f"--regid={USER}",
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
        )
        found.append(Program("redis", (*drop, "--", "bash", "-c", server), 10))
    found.append(Program("observer", (str(bin_ / "python"), "manage.py", "observe"), 20))
    worker = [*celery, "worker", "--loglevel=INFO", "--hostname", f"worker@{options.machine}"]
    worker += ["--queues", f"default,machine.{options.machine}", "--concurrency=4"]
    worker += ["--without-gossip", "--without-mingle"]
    found.append(Program("worker", tuple(worker), 30, stop_after_s=20))
    beat = [*celery, "beat", "--loglevel=WARNING", "--schedule", str(options.run / "beat" / "schedule"), "--pidfile="]
    found.append(Program("beat", tuple(_confined(options, "beat", beat, write=[options.run / "beat"])), 40))
    web = [
        str(bin_ / "uvicorn"),
        "labsite.asgi:application",
        "--fd",
        "{socket}",
        "--no-access-log",
        "--no-server-header",
    ]
    web += ["--timeout-graceful-shutdown", "3", "--lifespan", "off", "--ws", "websockets-sansio"]
    found.append(Program("web", tuple(_confined(options, "web", web, listen=True, write=[options.database])), 50))
    return found


def configuration(options: Options) -> str:
    """Return supervisord.conf. Every program is started again when it ends, and logs into STATE/logs.

    The programs inherit the supervisor's environment: supervisord's own syntax cannot carry every value.
    """
    sections = [
        "[supervisord]",
        f"logfile={options.logs}/supervisord.log",
        "logfile_maxbytes=5MB",
        "logfile_backups=1",
        f"pidfile={options.run}/supervisord.pid",
        f"directory={CHECKOUT}",
        f"childlogdir={options.logs}",
        "umask=027",
        "minfds=16384",
        "user=root",
        f"identifier=netquarium-{options.machine}",
        "",
        "[unix_http_server]",
        f"file={options.run}/supervisor.sock",
        "chmod=0700",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        "",
    ]
    for program in programs(options):
        sections += [
            f"[program:{program.name}]",
            f"command={shlex.join(program.command)}",
            f"directory={CHECKOUT}",
            f"priority={program.priority}",
            "autostart=true",
            "autorestart=true",
            "startsecs=1",
            "startretries=5",
            f"stopwaitsecs={program.stop_after_s}",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={options.logs}/{program.name}.log",
            "stdout_logfile_maxbytes=10MB",
            "stdout_logfile_backups=3",
            "",
        ]
    return "\n".join(sections).replace("%", "%%")
