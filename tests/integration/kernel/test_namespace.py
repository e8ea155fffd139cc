"""Entering namespaces, leaving sockets in them, and refusing what is none."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from labs.kernel.errors import NamespaceGone, NotANamespace
from labs.kernel.namespace import (
    Namespace,
    enter,
    identify,
    open_inside,
    open_namespace,
    open_socket_in,
    owned_by,
    user_namespace,
)
from labs.kernel.snapshot import read
from tests.integration.kernel.bench import Bench, until


def _here() -> Namespace:
    return identify("/proc/thread-self/ns/net")


@pytest.fixture
def stranger(nothing_left: None) -> Iterator[int]:
    """A process in a user and a network namespace of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with subprocess.Popen(["unshare", "--user", "--map-root-user", "--net", "sleep", "60"]) as process:
        own = user_namespace("/proc/self/ns/user")
        until(
            lambda: (
                user_namespace(f"/proc/{process.pid}/ns/user") != own
                and identify(f"/proc/{process.pid}/ns/net") != _here()
            )
        )
        yield process.pid
        process.kill()


def test_only_the_calling_thread_moves_and_it_comes_back(bench: Bench) -> None:
    """[here] [there]: another thread stays here."""
    there, home = bench.site(), _here()
    seen: list[Namespace] = []
    with enter(there.descriptor):
        assert _here() == there.namespace
        other = threading.Thread(target=lambda: seen.append(identify(f"/proc/self/task/{os.getpid()}/ns/net")))
        with enter(there.path):
            assert _here() == there.namespace
        assert _here() == there.namespace
    other.start()
    other.join()
    assert _here() == home
    assert seen == [home]


def test_thread_comes_back_after_an_exception(bench: Bench) -> None:
    home = _here()
    there = bench.site()
    with pytest.raises(KeyError), enter(there.descriptor):
        raise KeyError
    assert _here() == home


def test_socket_stays_in_its_namespace(bench: Bench) -> None:
    """[here] [there] hold one listener each on the same address and port."""
    there = bench.site()
    with open_socket_in(there.descriptor, socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = listener.getsockname()
        with (
            socket.socket() as from_here,
            open_socket_in(there.descriptor, socket.AF_INET, socket.SOCK_STREAM) as from_there,
        ):
            assert from_here.connect_ex(address) != 0
            assert from_there.connect_ex(address) == 0


def test_namespace_of_another_user_namespace_can_be_read_and_entered(stranger: int) -> None:
    path = f"/proc/{stranger}/ns/net"
    assert [found.name for found in read(path).interfaces][:1] == ["lo"]
    with enter(path):
        assert _here() == identify(path)


def test_ownership_tells_user_namespaces_apart(stranger: int) -> None:
    theirs = open_namespace(f"/proc/{stranger}/ns/net")
    ours = open_namespace("/proc/self/ns/net")
    try:
        owner, root = user_namespace(f"/proc/{stranger}/ns/user"), user_namespace("/proc/self/ns/user")
        assert owned_by(theirs, owner)
        assert owned_by(theirs, root), "a child user namespace's namespaces are its ancestors' too"
        assert owned_by(ours, root)
        assert not owned_by(ours, owner)
    finally:
        os.close(theirs)
        os.close(ours)


def test_planted_files_are_refused(stranger: int, tmp_path: Path) -> None:
    """A learner's folder holds a link to the machine's namespace, a FIFO, a file, a folder, and nothing."""
    owner = user_namespace(f"/proc/{stranger}/ns/user")
    (tmp_path / "link").symlink_to("/proc/1/ns/net")
    (tmp_path / "escape").symlink_to(f"/proc/{stranger}/ns/net")
    (tmp_path / "file").write_text("no namespace")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    for name in ("file", "folder", "fifo"):
        with pytest.raises(NotANamespace):
            open_inside(tmp_path, name, owner=owner)
    for name in ("link", "escape", "absent", "../../../../../proc/1/ns/net"):
        # A root of its own has no /proc in it: links and dots lead nowhere.
        with pytest.raises(NamespaceGone):
            open_inside(tmp_path, name, owner=owner)


def test_bind_mount_of_a_foreign_namespace_is_refused(stranger: int) -> None:
    """Below `/`, where the files are real: the owner alone decides."""
    owner = user_namespace(f"/proc/{stranger}/ns/user")
    file = Path(f"/tmp/nq-planted-{os.getpid()}")
    file.touch()
    try:
        subprocess.run(["mount", "--bind", "/proc/self/ns/net", file], check=True)
        try:
            with pytest.raises(NotANamespace, match="another machine"):
                open_inside("/", str(file), owner=owner)
        finally:
            subprocess.run(["umount", file], check=True)
    finally:
        file.unlink()


def test_other_kinds_of_namespace_are_refused() -> None:
    for path in ("/proc/self/ns/uts", "/proc/self/status"):
        with pytest.raises(NotANamespace):
            open_namespace(path)
    with pytest.raises(NamespaceGone):
        open_namespace("/proc/self/ns/absent")


def test_key_reads_back() -> None:
    here = _here()
    assert Namespace.parse(here.key) == here
    with pytest.raises(ValueError, match="invalid literal"):
        Namespace.parse("4-x")
