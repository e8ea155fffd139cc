"""`manage.py observe`: the observer of this machine. Root, one per machine; ends on SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import grp
import logging
import os
import signal
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.live import client
from labs.live.observer import Observer
from labs.places import RUN
from labs.services import queue

log = logging.getLogger(__name__)

COLLECT_AFTER = (50_000, 20, 50)
"""New objects before a collection, and how many of one age before the next; see `gc.set_threshold`."""


class Command(BaseCommand):
    help = "Watch the kernel and the engines of every running session, publish what changes, and serve terminals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--socket", type=Path, default=client.SOCKET, help="where the web process finds it")
        parser.add_argument(
            "--group",
            default=os.environ.get("NETQUARIUM_GROUP", "netquarium"),
            help="the group that may connect, if there is one of that name (netquarium)",
        )

    def handle(self, *, socket: Path, group: str, **_options: object) -> None:
        if os.geteuid() != 0:
            raise CommandError("The observer reads other processes' namespaces: it must run as root.")
        RUN.mkdir(mode=0o755, parents=True, exist_ok=True)
        with (RUN / "observer.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CommandError(f"Another observer serves {RUN}.") from error
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(_observe(socket, group))


async def _observe(socket: Path, group: str) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    # A full collection walks everything Django has loaded and stops the loop for 140 ms, late for a hundred changes.
    # What is loaded by now stays for good; graphs hold no cycles and go when they are replaced.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    observer = Observer(key=client.key(), host_ended=_host_ended)
    await observer.run(socket, group=_group(group), ready=lambda: log.info("observing; %s answers", socket))


def _group(name: str) -> int | None:
    """Return the group's number; None, which leaves the socket to root, if the machine has no such group."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        log.warning("no group %s: only root can reach the observer's socket", name)
        return None


def _host_ended(session: str, host: str) -> None:
    """Have a worker see what became of the session: it knows whether the host was meant to end. Called in a thread."""
    log.info("session %s: asking a worker to look after %s", session, host)
    queue.send("examine", session, machine=settings.MACHINE)
