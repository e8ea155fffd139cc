"""Namespaces made for a test, held by descriptors alone: no mount, no name, nothing to remove but the descriptors."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from labs.kernel import snapshot
from labs.kernel.namespace import Namespace, enter, identify
from labs.kernel.peer import PeerResolver
from labs.kernel.snapshot import Reader
from labs.topology.observation import ObservedNamespace

_CLONE_NEWNET = 0x40000000
Found = TypeVar("Found")


class Site:
    """One namespace: `descriptor` opens it, `path` names it to other programs while the test runs."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.path = f"/proc/{os.getpid()}/fd/{descriptor}"
        self.namespace: Namespace = identify(descriptor)

    def run(self, *commands: str) -> str:
        """Run command lines (words split at blanks) in the namespace; return what the last wrote."""
        output = ""
        for command in commands:
            with enter(self.descriptor):
                done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            output = done.stdout
        return output

    def shell(self, script: str) -> str:
        """Run a shell script in the namespace; return its output."""
        with enter(self.descriptor):
            return subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=True).stdout

    def ask(self, command: str) -> list[dict[str, Any]]:
        """Run an iproute2 command and return its JSON answer."""
        answer: list[dict[str, Any]] = json.loads(self.run(command) or "[]")
        return answer

    def read(self) -> snapshot.NamespaceState:
        return snapshot.read(self.descriptor)


class Bench:
    """Makes namespaces, and observes all it made."""

    def __init__(self) -> None:
        self.sites: list[Site] = []
        self._readers: dict[Namespace, Reader] = {}
        self._resolver = PeerResolver()

    def site(self) -> Site:
        """Make a namespace, loopback up."""
        descriptors: list[int] = []
        thread = threading.Thread(target=lambda: descriptors.append(_new_namespace()))
        thread.start()
        thread.join()
        made = Site(descriptors[0])
        self.sites.append(made)
        made.run("ip link set lo up")
        return made

    def cable(self, one: Site, one_name: str, other: Site, other_name: str, *, index: int | None = None) -> None:
        """Join two namespaces by a veth, both ends up; with `index`, both ends get that same ifindex."""
        numbered = "" if index is None else f" index {index}"
        one.run(
            f"ip link add {one_name}{numbered} type veth peer name {other_name}{numbered} netns {other.path}",
            f"ip link set {one_name} up",
        )
        other.run(f"ip link set {other_name} up")

    def observe(self, *sites: Site) -> dict[Namespace, ObservedNamespace]:
        """Read the sites (all by default) and resolve their peers among themselves."""
        chosen = sites or tuple(self.sites)
        for site in chosen:
            if site.namespace not in self._readers:
                self._readers[site.namespace] = Reader(site.descriptor)
        readers = {site.namespace: self._readers[site.namespace] for site in chosen}
        states = {namespace: reader.read() for namespace, reader in readers.items()}
        peers = self._resolver.resolve(readers, states)
        return {namespace: ObservedNamespace(state, peers[namespace]) for namespace, state in states.items()}

    def discard(self, site: Site) -> None:
        """Close the descriptor that holds a site."""
        self.sites.remove(site)
        os.close(site.descriptor)

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()
        for site in self.sites:
            os.close(site.descriptor)


def until(look: Callable[[], Found], *, deadline_s: float = 5.0) -> Found:
    """Return the first true answer, looking again and again. Fails with the last answer at the deadline."""
    deadline = time.monotonic() + deadline_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {deadline_s} s: {found!r}"
        os.sched_yield()
    return found


def _new_namespace() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
