"""A lab's folder on disk, and the catalogue of the labs that ship."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labs.specs.document import MAX_FILE_BYTES
from labs.specs.features import Features
from labs.specs.lab import Lab
from labs.specs.lab_file import FILE as LAB_FILE
from labs.specs.problem import Code, LabInvalid, Place, Problem, Severity
from labs.specs.reading import COMPOSE_FILES, OTHER_FILES, Reading, read

CATALOG: Final = Path(__file__).resolve().parent.parent / "catalog"

_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


def load(folder: Path, *, images: frozenset[str] | None, features: Features | None = None) -> Lab:
    """Read the lab in the folder.

    Raises: LabInvalid, with every problem and its place, if the folder holds no valid lab.
    """
    reading = read_folder(folder, images=images, features=features)
    if reading.lab is None:
        raise LabInvalid(reading.problems)
    return reading.lab


def read_folder(folder: Path, *, images: frozenset[str] | None = None, features: Features | None = None) -> Reading:
    """Read the lab in the folder. Never raises for what the folder holds."""
    slug = folder.resolve().name
    if not folder.is_dir() or not _SLUG.fullmatch(slug):
        return Reading(None, (_no_lab(folder, slug),))
    try:
        files = {name: _content(folder / name) for name in _names(folder)}
    except OSError as error:
        name = Path(str(error.filename)).name
        return Reading(
            None,
            (
                _error(
                    name,
                    Code.FILE_UNREADABLE,
                    f"{name} cannot be read: {error.strerror}.",
                    "Make it a plain file that everyone may read.",
                ),
            ),
        )
    return read(files, slug=slug, images=images, features=features)


@dataclass(frozen=True)
class CatalogEntry:
    """One folder of the catalogue. `lab` is None when `problems` hold an error."""

    slug: str
    folder: Path
    lab: Lab | None
    problems: tuple[Problem, ...]


def catalog(
    root: Path = CATALOG, *, images: frozenset[str] | None = None, features: Features | None = None
) -> tuple[CatalogEntry, ...]:
    """Read every lab of the catalogue, sorted by slug. A broken lab is an entry with its problems, never an exception.

    Folders that begin with '.' or '_' are not labs. An absent root is an empty catalogue.
    """
    return tuple(_entries(root, images, features)) if root.is_dir() else ()


def _entries(root: Path, images: frozenset[str] | None, features: Features | None) -> Iterator[CatalogEntry]:
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and not folder.name.startswith((".", "_")):
            reading = read_folder(folder, images=images, features=features)
            yield CatalogEntry(folder.name, folder, reading.lab, reading.problems)


def _names(folder: Path) -> list[str]:
    """Return the files that may belong to a lab; further YAML files and `.env` too, which Compose might read."""
    known = {LAB_FILE, *COMPOSE_FILES, *OTHER_FILES, ".env"}
    return [
        path.name
        for path in sorted(folder.iterdir())
        if (path.name in known or path.suffix in (".yml", ".yaml")) and not path.is_dir()
    ]


def _content(path: Path) -> bytes:
    """Return the file's bytes, never more than one beyond the limit: enough to be refused for its size."""
    if not path.is_file():
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _no_lab(folder: Path, slug: str) -> Problem:
    if not folder.is_dir():
        return _error(slug, Code.FILE_MISSING, f"There is no folder {folder}.", "Name a folder with a lab.yml in it.")
    return _error(
        slug,
        Code.BAD_NAME,
        f"'{slug}' cannot be a lab's short name.",
        "Rename the folder: 1 to 48 lower-case letters, digits and hyphens.",
    )


def _error(file: str, code: Code, message: str, remedy: str) -> Problem:
    place = Place(file)
    return Problem(place.file, place.line, place.column, code, Severity.ERROR, message, remedy=remedy)
