"""Private ranges of 65,536 user ids, one per box, unique on the machine.

The ids lie in the span that systemd's UIDS-GIDS document gives to containers, above those it hands out first, and far
from the subordinate ids of the machine's users.
"""

from __future__ import annotations

from pathlib import Path

from labs.hosts.errors import NoUidRange
from labs.hosts.registry import Registry

FIRST = 0x4000_0000
SIZE = 0x1_0000
RANGES = Registry("uid-ranges", 8192)


def take(owner: Path) -> int:
    """Reserve a free range for the box whose folder is `owner` (it must exist) and return its first id.

    Raises: NoUidRange.
    """
    number = RANGES.take(owner)
    if number is None:
        raise NoUidRange(f"All {RANGES.count} private uid ranges of this machine are taken: stop some sessions.")
    return FIRST + number * SIZE


def release(owner: Path) -> None:
    """Free what `owner` holds, if anything."""
    RANGES.release(owner)


def taken() -> dict[int, Path]:
    """Return the first id of every reserved range, with the folder of its box."""
    return {FIRST + number * SIZE: owner for number, owner in RANGES.taken().items()}
