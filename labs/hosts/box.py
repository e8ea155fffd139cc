"""Boxes: what every lab host and underlay is made of on the machine, whatever runs in it.

A box's folder RUN/hosts/<box> is made first and removed last, so that a box half started or half stopped is always
found again. While somebody starts or stops a box they hold the lock in its folder; the launcher inherits it, hence a
lock that is free means that nobody is at work there, even if the worker was killed.

    owner         the session's id, or nothing for a parked host
    lock          held while the box is being started or stopped
    launcher      pid of the launcher, which leads a process group of its own
    config.json   for runc                                  engine.sock  listening socket of the box's engine
    pid           of the box's PID 1
    box.json      written when the box is complete: what `Host` and `Underlay` are read back from
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labs.hosts import cgroup, machine, uid_range
from labs.hosts.errors import HostExists, HostStartFailed, HostStopFailed
from labs.places import RUN

FOLDER = RUN / "hosts"
RUNC_STATE = RUN / "runc"
LAUNCH_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
ASSEMBLE = Path(__file__).with_name("assemble.py")
HOLD = Path(__file__).with_name("hold.sh")


@dataclass(frozen=True)
class Reservation:
    """A box's folder, with its lock held by the descriptor `lock`."""

    box: str
    folder: Path
    lock: int

    def own(self, session: str) -> None:
        """Give the box to a session."""
        new = self.folder / ".owner"
        new.write_text(session)
        new.rename(self.folder / "owner")

    def complete(self, facts: Mapping[str, object]) -> None:
        """Write box.json, at once or not at all."""
        write_json(self.folder / "box.json", facts)


def write_json(path: Path, value: object) -> None:
    """Replace a small file at once or not at all."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    new.write_text(json.dumps(value))
    new.rename(path)


@contextmanager
def reserve(box: str, session: str) -> Iterator[Reservation]:
    """Make the box's folder and hold its lock for the length of the block.

    When the block raises, everything the box has become is removed. Raises: HostExists.
    """
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = FOLDER / f".new-{box}-{secrets.token_hex(4)}"
    new.mkdir(mode=0o700)
    (new / "owner").write_text(session)
    with (new / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            new.rename(FOLDER / box)
        except OSError as error:
            shutil.rmtree(new)
            raise HostExists(f"The box {box} exists already.", box=box) from error
        try:
            yield Reservation(box, FOLDER / box, lock.fileno())
        except BaseException:
            _remove_locked(box)
            raise


@contextmanager
def take_over(box: str) -> Iterator[Reservation | None]:
    """Hold the lock of a box that is there; yield None when somebody else holds it, or it has gone."""
    try:
        lock = (FOLDER / box / "lock").open("r+")
    except FileNotFoundError:
        yield None
        return
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = os.fstat(lock.fileno()).st_nlink > 0
        except BlockingIOError:
            held = False
        yield Reservation(box, FOLDER / box, lock.fileno()) if held else None


def assemble(reservation: Reservation, job: Mapping[str, object], socket: int | None) -> int:
    """Run `assemble.py` with `job` (its keys are read there); `socket` is the engine's listening descriptor.

    Returns: the box's pid. Raises: HostStartFailed with the launcher's words.
    """
    everything = {
        **job,
        "box": reservation.box,
        "folder": str(reservation.folder),
        "disk": str(machine.DISK),
        "runc_state": str(RUNC_STATE),
        "socket": socket,
    }
    machine.make(machine.DISK, 0o711)
    (machine.DISK / "root").mkdir(exist_ok=True)  # `runc exec` starts in the path of the root, in the machine's mounts
    command = [sys.executable, "-I", "-S", str(ASSEMBLE), str(reservation.folder)]
    return _launch(reservation, command, json.dumps(everything), [] if socket is None else [socket])


def hold_namespace(reservation: Reservation, sysctls: Mapping[str, str]) -> int:
    """Start a process that does nothing but hold a new network namespace, with `sysctls` set there; return its pid.

    Raises: HostStartFailed.
    """
    group = cgroup.create_tracking(reservation.box)
    command = ["unshare", "--net", "--", "bash", str(HOLD), str(reservation.folder), str(group), str(reservation.lock)]
    pid = _launch(reservation, command, "".join(f"{name} {value}\n" for name, value in sysctls.items()), [])
    write_json(reservation.folder / "pid", pid)
    return pid


def _launch(reservation: Reservation, command: Sequence[str], words: str, sockets: Sequence[int]) -> int:
    """Run a launcher, which has the box's folder among its arguments; return the pid that it prints."""
    box, folder = reservation.box, reservation.folder
    with (folder / "launcher.log").open("w") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            pass_fds=(reservation.lock, *sockets),
        )
        try:
            (folder / "launcher").write_text(str(process.pid))
            answer, _ = process.communicate(words, timeout=LAUNCH_TIMEOUT_S)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if process.returncode:
        said = (folder / "launcher.log").read_text().strip()
        raise HostStartFailed(f"The box {box} did not start: {said or 'its launcher was killed'}.", box=box, log=said)
    return int(answer)


def boxes() -> dict[str, str]:
    """Return every box of this installation, with its owner's session id ("" for a parked host).

    Includes what has lost its folder and is known by its control group alone; the owner is then read off the name.
    """
    found = {box: _owner_in_name(box) for box in cgroup.boxes()}
    if FOLDER.is_dir():
        for entry in os.scandir(FOLDER):
            name = entry.name.removeprefix(".new-").rsplit("-", 1)[0] if entry.name.startswith(".new-") else entry.name
            try:
                found[name] = (Path(entry.path) / "owner").read_text()
            except FileNotFoundError:
                found.setdefault(name, _owner_in_name(name))
    return found


def _owner_in_name(box: str) -> str:
    match = re.match(r"([0-9a-f]{12})[-.]", box)
    return match[1] if match else ""


def facts(box: str) -> dict[str, object] | None:
    """Return what `Reservation.complete` wrote, or None when the box is not complete or not alive."""
    try:
        text = (FOLDER / box / "box.json").read_text()
        pid = int((FOLDER / box / "pid").read_text())
    except FileNotFoundError:
        return None
    known: dict[str, object] = json.loads(text)
    return known if is_alive(box, pid) else None


def is_alive(box: str, pid: int) -> bool:
    """Tell whether `pid` runs and belongs to the box: a number alone may have gone to another process."""
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    own = f"/{cgroup.parent()}/{box}/"
    return any(own in f"{line}/" for line in groups.splitlines()) and state not in "ZX"


def remove(box: str) -> None:
    """Remove everything a box is: processes, control groups, runc's record, uid range, folder. Idempotent.

    Whoever is starting it is interrupted. Raises: HostStopFailed.
    """
    deadline = time.monotonic() + STOP_TIMEOUT_S
    try:
        lock = (FOLDER / box / "lock").open("r+")
    except FileNotFoundError:
        _remove_locked(box)
        return
    with lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                _kill_launcher(FOLDER / box)
                if time.monotonic() > deadline:
                    raise HostStopFailed(f"Somebody is still at work on the box {box}.", box=box, left="lock") from None
                time.sleep(0.002)
        if os.fstat(lock.fileno()).st_nlink:  # else another has removed it while we waited
            _remove_locked(box)


def remove_reserved(reservation: Reservation) -> None:
    """Remove a box whose lock the caller holds. Raises: HostStopFailed."""
    _remove_locked(reservation.box)


def _kill_launcher(folder: Path) -> None:
    try:
        pid = int((folder / "launcher").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if str(folder).encode() in words:
            os.killpg(pid, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return


def _remove_locked(box: str) -> None:
    folder = FOLDER / box
    deadline = time.monotonic() + STOP_TIMEOUT_S
    _kill_first(box, folder)
    if left := cgroup.kill(box, deadline=deadline):
        raise HostStopFailed(f"Processes of the box {box} will not die.", box=box, left=sorted(left))
    if groups := cgroup.remove(box, deadline=deadline):
        raise HostStopFailed(f"Control groups of the box {box} will not go.", box=box, left=[str(g) for g in groups])
    shutil.rmtree(RUNC_STATE / box, ignore_errors=True)
    uid_range.release(folder)
    for new in FOLDER.glob(f".new-{box}-*"):
        shutil.rmtree(new, ignore_errors=True)
    if folder.is_dir():
        shutil.rmtree(folder)


def _kill_first(box: str, folder: Path) -> None:
    """Kill PID 1: the kernel kills the rest of its namespace before PID 1 counts as dead (pid_namespaces(7))."""
    try:
        pid = int((folder / "pid").read_text())
        handle = os.pidfd_open(pid)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return
    try:
        if is_alive(box, pid):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [], STOP_TIMEOUT_S)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)
