"""Network namespaces: their identity, how to open one safely, enter it, and leave a socket in it.

Source: network_namespaces(7), setns(2), ioctl_nsfs(2), openat2(2).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from labs.kernel import rooted
from labs.kernel.errors import NamespaceGone, NotANamespace

_CLONE_NEWNET = 0x40000000
_NS_GET_USERNS = 0xB701
_NS_GET_PARENT = 0xB702
_NS_GET_NSTYPE = 0xB703
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, order=True)
class Namespace:
    """Identity of one network namespace: the device and inode of its nsfs file, unique while it lives."""

    device: int
    inode: int

    @property
    def key(self) -> str:
        """The identity as text, such as `4-4026532345`."""
        return f"{self.device}-{self.inode}"

    @classmethod
    def parse(cls, key: str) -> Namespace:
        """Read `key` back. Raises: ValueError if the text is not two numbers."""
        device, _, inode = key.partition("-")
        return cls(int(device), int(inode))


def identify(target: int | str | Path) -> Namespace:
    """Return the identity of the namespace behind a descriptor or a trusted path such as `/proc/<pid>/ns/net`.

    Follows links. Raises: NamespaceGone if the path no longer exists.
    """
    try:
        # os.stat takes descriptors and paths alike, and parses no path: a matrix asks for a hundred.
        found = os.stat(target)  # noqa: PTH116
    except (FileNotFoundError, ProcessLookupError) as error:
        raise NamespaceGone("The network namespace is gone.", path=str(target)) from error
    return Namespace(found.st_dev, found.st_ino)


def user_namespace(target: int | str | Path) -> Namespace:
    """Return the identity of a user namespace from a trusted path such as `/proc/<pid>/ns/user`."""
    return identify(target)


def open_namespace(path: str | Path) -> int:
    """Open a trusted path to a network namespace; the caller closes the descriptor, which keeps the namespace alive.

    Raises: NamespaceGone; NotANamespace if something else lies there.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, ProcessLookupError) as error:
        raise NamespaceGone("The network namespace is gone.", path=str(path)) from error
    try:
        _require_network_namespace(descriptor, str(path))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_inside(root: str | Path, path: str, *, owner: Namespace) -> int:
    """Open a namespace file below another root (`/proc/<pid>/root`) that a learner controls; trust nothing there.

    Links resolve inside that root, so none can lead to the machine's own namespace; a bind mount could, so the
    namespace must belong to the user namespace `owner` or to one below it.

    Raises: NamespaceGone; NotANamespace, also for a foreign owner.
    """
    try:
        # O_PATH first: opening a device node for reading would act.
        found = rooted.open_below(root, path, os.O_PATH)
    except (FileNotFoundError, ProcessLookupError) as error:
        raise NamespaceGone("The network namespace is gone.", path=path) from error
    except OSError as error:
        raise NotANamespace(f"{path} is not a network namespace.", path=path, found=str(error)) from error
    try:
        if not stat.S_ISREG(os.fstat(found).st_mode):
            raise NotANamespace(f"{path} is not a network namespace.", path=path, found="not a file")
        descriptor = os.open(f"/proc/self/fd/{found}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(found)
    try:
        _require_network_namespace(descriptor, path)
        _require_owner(descriptor, owner, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def owned_by(descriptor: int, owner: Namespace) -> bool:
    """Tell whether the namespace belongs to the user namespace `owner` or to a descendant of it."""
    level = fcntl.ioctl(descriptor, _NS_GET_USERNS)
    while True:
        if identify(level) == owner:
            os.close(level)
            return True
        try:
            parent = fcntl.ioctl(level, _NS_GET_PARENT)
        except PermissionError:
            return False  # the parent lies outside our own user namespace: nothing further up can be `owner`
        finally:
            os.close(level)
        level = parent


@contextmanager
def enter(target: int | str | Path) -> Iterator[None]:
    """Put the calling thread into a network namespace, and back. Processes started inside inherit it.

    Only this thread moves. Do not `await` or hand work to other threads inside and expect it to follow. Returning
    cannot fail short of a kernel fault; should it, the process aborts, since a service must not go on in a
    learner's network. Works for namespaces of other user namespaces if we are real root.

    Raises: NamespaceGone; NotANamespace; PermissionError without CAP_SYS_ADMIN.
    """
    descriptor = target if isinstance(target, int) else open_namespace(target)
    try:
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _setns(descriptor)
            try:
                yield
            finally:
                _return_to(home)
        finally:
            os.close(home)
    finally:
        if descriptor is not target:
            os.close(descriptor)


def open_socket_in(
    target: int | str | Path, family: int, kind: int = socket.SOCK_RAW, protocol: int = 0
) -> socket.socket:
    """Open a socket inside a namespace. It stays there for life, whichever thread uses it, and keeps it alive.

    Raises: as `enter`; OSError if the kernel refuses the socket.
    """
    with enter(target):
        return socket.socket(family, kind, protocol)


def _require_network_namespace(descriptor: int, path: str) -> None:
    try:
        kind = fcntl.ioctl(descriptor, _NS_GET_NSTYPE)
    except OSError as error:
        raise NotANamespace(f"{path} is not a network namespace.", path=path, found="another file") from error
    if kind != _CLONE_NEWNET:
        raise NotANamespace(f"{path} is not a network namespace.", path=path, found="another kind of namespace")


def _require_owner(descriptor: int, owner: Namespace, path: str) -> None:
    if not owned_by(descriptor, owner):
        raise NotANamespace(f"{path} belongs to another machine.", path=path, found="a foreign namespace")


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "setns")


def _return_to(home: int) -> None:
    try:
        _setns(home)
    except OSError as error:
        _abort(f"cannot leave a lab's network namespace: {error}\n")


def _abort(reason: str) -> NoReturn:
    with suppress(OSError):
        os.write(2, reason.encode())
    os.abort()
