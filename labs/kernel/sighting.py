"""Every network namespace of one lab host, wherever it can be seen: processes, the engine's files, `ip netns add`.

A namespace lives while a process, a mount or a descriptor holds it. Those of overlay networks have no process, those
of `unshare` no file; both kinds of place must be searched. Costs about 5 µs per process of the machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labs.kernel import rooted
from labs.kernel.errors import NamespaceGone, NotANamespace
from labs.kernel.namespace import Namespace, identify, open_inside, open_namespace, owned_by, user_namespace

ENGINE_FOLDER = "run/docker/netns"
NAMED_FOLDER = "run/netns"

MOST: Final = 256
"""Namespaces seen of one lab host. Whoever looks on keeps five descriptors for each, and a learner makes thousands."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One namespace and where it was seen. At least one of the traces is set.

    `engine_file` and `name` are file names in the engine's folder and in that of `ip netns`. `processes` are ids as
    the machine numbers them, lowest first; `own` marks the namespace of the lab host's first process.
    """

    namespace: Namespace
    own: bool = False
    engine_file: str | None = None
    name: str | None = None
    processes: tuple[int, ...] = ()

    @property
    def process(self) -> str | None:
        """Return the oldest process as words, such as `sleep (4242)`; None if there is none (any more)."""
        for pid in self.processes:
            with suppress(OSError):
                return f"{Path(f'/proc/{pid}/comm').read_text().strip()} ({pid})"
        return None


def look(pid: int) -> dict[Namespace, Sighting]:
    """Return the namespaces of the lab host whose first process is `pid`, its own first; `MOST` of them at most.

    Files that are no namespace of this host are passed over: they are the learner's to make.

    Raises: NamespaceGone if the host is gone.
    """
    own, owner = identify(f"/proc/{pid}/ns/net"), user_namespace(f"/proc/{pid}/ns/user")
    processes = _processes(owner)
    engine, named = dict(_files(pid, ENGINE_FOLDER, owner)), dict(_files(pid, NAMED_FOLDER, owner))
    found = {own: Sighting(own, own=True, processes=tuple(processes.get(own, (pid,))))}
    for namespace in (*engine, *named, *processes):
        if len(found) >= MOST:
            break
        if namespace not in found:
            found[namespace] = Sighting(
                namespace, False, engine.get(namespace), named.get(namespace), tuple(processes.get(namespace, ()))
            )
    return found


def open_sighting(pid: int, sighting: Sighting) -> int:
    """Open a namespace that `look(pid)` saw, by whichever trace still leads to it; the caller closes the descriptor.

    Raises: NamespaceGone if none does.
    """
    owner = user_namespace(f"/proc/{pid}/ns/user")
    for attempt in _attempts(pid, sighting, owner):
        if identify(attempt) == sighting.namespace and owned_by(attempt, owner):
            return attempt
        os.close(attempt)
    raise NamespaceGone("The network namespace is gone.", path=sighting.namespace.key)


def _attempts(pid: int, sighting: Sighting, owner: Namespace) -> Iterator[int]:
    # Each is checked after opening: a process id may have been given to another process, a file replaced.
    for process in (pid,) if sighting.own else sighting.processes:
        with suppress(NamespaceGone, NotANamespace):
            yield open_namespace(f"/proc/{process}/ns/net")
    for folder, file in ((ENGINE_FOLDER, sighting.engine_file), (NAMED_FOLDER, sighting.name)):
        if file is not None:
            with suppress(NamespaceGone, NotANamespace):
                yield open_inside(f"/proc/{pid}/root", f"{folder}/{file}", owner=owner)


def _files(pid: int, folder: str, owner: Namespace) -> Iterator[tuple[Namespace, str]]:
    root = f"/proc/{pid}/root"
    for name in rooted.list_names(root, folder):
        with suppress(NamespaceGone, NotANamespace):
            descriptor = open_inside(root, f"{folder}/{name}", owner=owner)
            try:
                yield identify(descriptor), name
            finally:
                os.close(descriptor)


def _processes(owner: Namespace) -> dict[Namespace, list[int]]:
    """Return the processes of the user namespace `owner` or one below it, by network namespace."""
    inside: dict[Namespace, bool] = {}
    found: dict[Namespace, list[int]] = {}
    for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):  # noqa: PTH208 - names, not paths
        with suppress(OSError, NamespaceGone, NotANamespace):
            user = user_namespace(f"/proc/{pid}/ns/user")
            if user not in inside:
                inside[user] = user == owner or _below(pid, owner)
            if inside[user]:
                found.setdefault(identify(f"/proc/{pid}/ns/net"), []).append(pid)
    return found


def _below(pid: int, owner: Namespace) -> bool:
    descriptor = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return owned_by(descriptor, owner)
    finally:
        os.close(descriptor)
