"""The folder that all installations of one machine share."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path("/run/netquarium-machine")

DISK = FOLDER / "disk"
"""Where every launcher mounts its box's disk, each in its own mount namespace: on the machine it stays empty.

The path down to it is open to search by all, for the box's root looks for its tree there as a uid that owns nothing
outside; an installation's own folders are closed.
"""


def make(folder: Path, mode: int) -> None:
    """Make a folder of the shared one."""
    FOLDER.mkdir(mode=0o711, exist_ok=True)
    FOLDER.chmod(0o711)  # whatever the umask took
    folder.mkdir(mode=mode, exist_ok=True)
    folder.chmod(mode)
