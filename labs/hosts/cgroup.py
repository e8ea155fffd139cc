"""Control groups of boxes, on cgroup v1 (one tree per controller) and v2 (one tree), found at run time.

Every box has the group netquarium-<installation>/<box> in each tree. It is made before the box runs and belongs to the
box's root, who may make groups below it; the files that hold the limits stay the machine's. Source: cgroups(7).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from labs.places import installation

V2_CONTROLLERS = ("cpu", "memory", "pids", "cpuset", "io")
DELEGATED = ("", "cgroup.procs", "tasks", "cgroup.threads", "cgroup.subtree_control")


@cache
def trees() -> tuple[Path, ...]:
    """Return the mount points of the trees used: the v2 root alone, or every v1 tree (then a v2 one last, if mounted).

    A v2 tree beside v1 trees has no controllers; runc makes its group there all the same.
    """
    found: list[Path] = []
    beside: list[Path] = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, *_ = line.split(" ")
        if kind == "cgroup2" and where == "/sys/fs/cgroup":
            return (Path(where),)
        if kind == "cgroup":
            found.append(Path(where))
        elif kind == "cgroup2":
            beside.append(Path(where))
    return (*found, *beside)


def is_v2() -> bool:
    return (trees()[0] / "cgroup.controllers").exists()


def parent() -> str:
    """Return the name of the group, at the root of every tree, that holds this installation's boxes."""
    return f"netquarium-{installation()}"


def create(box: str, owner: int) -> None:
    """Make the box's groups and give them to the uid `owner`."""
    for tree in trees():
        group = _make(tree, box)
        for name in DELEGATED:
            if (group / name).exists():
                os.chown(group / name, owner, owner)


def create_tracking(box: str) -> Path:
    """Make a group in one tree only, just to know a process by; return the file by which a process joins it.

    Into that file a process writes 0, for itself. In v1 that is `tasks`: after a write to `cgroup.procs` the kernel
    waits for all processors, some 20 ms, but not to move just the thread that asks (cgroup_procs_write_start).
    """
    tree = next((tree for tree in trees() if tree.name == "pids"), trees()[0])
    return _make(tree, box) / ("cgroup.procs" if is_v2() else "tasks")


def _make(tree: Path, box: str) -> Path:
    group = tree / parent() / box
    while True:
        group.parent.mkdir(exist_ok=True)
        if is_v2():
            for above in (tree, group.parent):
                for controller in V2_CONTROLLERS:
                    _enable(above, controller)
        elif tree.name == "cpuset":
            _copy_down(tree, group.parent)
        try:
            group.mkdir(exist_ok=True)
        except FileNotFoundError:  # the last other box of this installation was just removed, and the parent with it
            continue
        if not is_v2() and tree.name == "cpuset":
            _copy_down(group.parent, group)
        return group


def _enable(group: Path, controller: str) -> None:
    if controller in (group / "cgroup.controllers").read_text().split():
        (group / "cgroup.subtree_control").write_text(f"+{controller}")


def _copy_down(above: Path, below: Path) -> None:
    """A new v1 cpuset group has no CPU and no memory node, and takes no process until it has (cpuset(7))."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if not (below / name).read_text().strip():
            (below / name).write_text((above / name).read_text())


def boxes() -> set[str]:
    """Return every box that has a group in any tree."""
    found: set[str] = set()
    for tree in trees():
        try:
            found.update(entry.name for entry in os.scandir(tree / parent()) if entry.is_dir(follow_symlinks=False))
        except FileNotFoundError:
            continue
    return found


def processes(box: str) -> set[int]:
    """Return the pids in the box's groups and below."""
    found: set[int] = set()
    for parent_, name in _groups(box):
        # Removed meanwhile: ENOENT, or ENODEV while it is being removed.
        with suppress(OSError), open(f"{name}/cgroup.procs", opener=partial(os.open, dir_fd=parent_)) as file:
            found.update(int(pid) for pid in file.read().split())
    return found


def memory_bytes(box: str) -> int:
    """Return what the box's memory group is charged with."""
    for tree in trees():
        for name in ("memory.usage_in_bytes", "memory.current"):
            file = tree / parent() / box / name
            if file.exists():
                return int(file.read_text())
    raise FileNotFoundError(f"no memory group of {box}")


def kill(box: str, *, deadline: float) -> set[int]:
    """Kill whatever runs in the box's groups until none does; return those left at `deadline` (time.monotonic)."""
    while left := processes(box):
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            return left
        time.sleep(0.002)
    return set()


def remove(box: str, *, deadline: float) -> list[Path]:
    """Remove the box's groups; return those that would not go by `deadline` (time.monotonic)."""
    while True:
        for above, name in _groups(box):
            with suppress(OSError):  # EBUSY: a dying process is still there
                os.rmdir(name, dir_fd=above)
        left = [group for tree in trees() if (group := tree / parent() / box).exists()]
        if not left:
            break
        if time.monotonic() > deadline:
            return left
        time.sleep(0.002)
    for tree in trees():
        _rmdir(tree / parent())
    return []


def _rmdir(group: Path) -> None:
    with suppress(OSError):  # gone already; or, EBUSY, other boxes are there
        group.rmdir()


def _groups(box: str) -> Iterator[tuple[int, str]]:
    """Yield the box's groups, children before their parents, each as a descriptor of the group above and its name.

    Who is root in a box makes groups as deep as memory allows: deeper than a path may be long, a function may call
    itself and descriptors may be opened. So one descriptor walks down by names and up by "..".
    """
    for tree in trees():
        try:
            here = _enter(tree / parent())
        except FileNotFoundError:
            continue
        path: list[str] = []
        unseen = [[box]]
        try:
            while unseen:
                if unseen[-1]:
                    name = unseen[-1].pop()
                    with suppress(FileNotFoundError):
                        here = _enter(name, here)
                        path.append(name)
                        unseen.append([entry.name for entry in os.scandir(here) if entry.is_dir(follow_symlinks=False)])
                    continue
                unseen.pop()
                if path:
                    here = _enter("..", here)
                    yield here, path.pop()
        except FileNotFoundError:
            pass  # the group we stood in was removed: whoever asks looks again
        finally:
            os.close(here)


def _enter(name: str | Path, above: int | None = None) -> int:
    """Open a folder, closing the one it lies in."""
    found = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    if above is not None:
        os.close(above)
    return found
