"""Private ranges of 65,536 user ids, one per box, unique on the machine whatever installation the box belongs to.

A range is a file in a registry outside of any installation; its text is the box's folder. A range whose folder has
gone is free: so a crash cannot use them up. The ids lie in the span that systemd's UIDS-GIDS document gives to
containers, above those it hands out first, and far from subordinate ids of the machine's users.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labs.hosts import machine
from labs.hosts.errors import NoUidRange

REGISTRY = machine.FOLDER / "uid-ranges"
FIRST = 0x4000_0000
SIZE = 0x1_0000
COUNT = 8192


def take(owner: Path) -> int:
    """Reserve a free range for the box whose folder is `owner` (it must exist) and return its first id.

    Raises: NoUidRange.
    """
    with _locked():
        for base in range(FIRST, FIRST + COUNT * SIZE, SIZE):
            entry = REGISTRY / str(base)
            try:
                if Path(entry.read_text()).is_dir():
                    continue
            except FileNotFoundError:
                pass
            entry.write_text(str(owner))
            return base
    raise NoUidRange(f"All {COUNT} private uid ranges of this machine are taken: stop some sessions.")


def release(owner: Path) -> None:
    """Free what `owner` holds, if anything."""
    with _locked():
        for entry in REGISTRY.iterdir():
            if entry.name.isdigit() and entry.read_text() == str(owner):
                entry.unlink()


def taken() -> dict[int, Path]:
    """Return the first id of every reserved range, with the folder of its box."""
    if not REGISTRY.is_dir():
        return {}
    with _locked():
        return {int(entry.name): Path(entry.read_text()) for entry in REGISTRY.iterdir() if entry.name.isdigit()}


@contextmanager
def _locked() -> Iterator[None]:
    machine.make(REGISTRY, 0o700)
    with (REGISTRY / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
