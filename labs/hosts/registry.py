"""Numbers that must be unique on the machine, whatever installation takes them: uid ranges, uplinks.

A taken number is a file in a folder outside of any installation; its text is the folder of the box it belongs to. A
number whose folder has gone is free: so a crash cannot use them up.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labs.hosts import machine


@dataclass(frozen=True)
class Registry:
    """The numbers from 0 to `count` - 1 of one kind, in a folder named after it."""

    name: str
    count: int

    @property
    def folder(self) -> Path:
        return machine.FOLDER / self.name

    def take(self, owner: Path) -> int | None:
        """Reserve the lowest free number for the box whose folder is `owner`, which must exist.

        Returns: None when all are taken.
        """
        with self.locked():
            for number in range(self.count):
                entry = self.folder / str(number)
                try:
                    if Path(entry.read_text()).is_dir():
                        continue
                except FileNotFoundError:
                    pass
                entry.write_text(str(owner))
                return number
        return None

    def release(self, owner: Path) -> None:
        """Free what `owner` holds, if anything."""
        with self.locked():
            for number, holder in self._entries():
                if holder == owner:
                    (self.folder / str(number)).unlink()

    def taken(self) -> dict[int, Path]:
        """Return every taken number with the folder of its box."""
        with self.locked():
            return dict(self._entries())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep all other takers out for the length of the block. Not to be nested."""
        machine.make(self.folder, 0o700)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _entries(self) -> Iterator[tuple[int, Path]]:
        for entry in self.folder.iterdir():
            if entry.name.isdigit():
                yield int(entry.name), Path(entry.read_text())
