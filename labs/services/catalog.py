"""The labs that ship, as values, and validation of lab files anybody wrote."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache

from labs import specs
from labs.hosts import image
from labs.services import kernel_lacks
from labs.services.errors import LabNotFound
from labs.specs import Features, Lab, ModeKind, Reading

logger = logging.getLogger(__name__)

LEVELS = ("beginner", "intermediate", "advanced")
_SHOWN_FILES = ("lab.yml", "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def labs() -> list[Lab]:
    """Return every valid lab of the catalogue, easiest first. A broken one is left out and logged."""
    found = []
    for slug in _slugs():
        reading = _read(slug)
        if reading.lab is None:
            logger.error("lab %s is not valid: %s", slug, "; ".join(str(problem) for problem in reading.problems))
        else:
            found.append(reading.lab)
    return sorted(found, key=lambda lab: (_level(lab), lab.title))


def load(slug: str, *, features: Features | None = None) -> Lab:
    """Return one lab. Raises LabNotFound; LabInvalid when its files are broken or need what the kernel lacks."""
    if slug not in _slugs():
        raise LabNotFound(f"There is no lab {slug[:60]}.", known=_slugs())
    reading = _fresh(slug, features) if features is not None and features.missing else _read(slug)
    if reading.lab is None:
        raise specs.LabInvalid(reading.problems)
    return reading.lab


def files(slug: str) -> dict[str, str]:
    """Return the definition files of a lab that `load` accepts, by name."""
    folder = specs.CATALOG / slug
    return {name: (folder / name).read_text() for name in _SHOWN_FILES if (folder / name).is_file()}


def validate(texts: Mapping[str, str]) -> Reading:
    """Read lab files from anywhere; starts nothing."""
    contents = {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}
    return specs.read(contents, images=image.tags(), features=kernel_lacks.known())


def features(lab: Lab) -> list[str]:
    """Return the network modes and subjects a lab shows, in a fixed order: what a catalogue filters by."""
    kinds = {container.mode.kind for container in lab.containers}
    drivers = {network.driver.value for network in lab.networks}
    images = {container.image.partition(":")[0] for container in lab.containers}
    found = {
        "default bridge": ModeKind.BRIDGE in kinds,
        "bridge": "bridge" in drivers,
        "dns": any(driver in drivers for driver in ("bridge", "overlay")),
        "aliases": any(end.aliases for container in lab.containers for end in container.attachments),
        "ports": any(container.ports for container in lab.containers),
        "multi-homed": any(len(container.attachments) > 1 for container in lab.containers),
        "internal": any(network.internal for network in lab.networks),
        "ipv6": any(network.enable_ipv6 for network in lab.networks),
        "host": ModeKind.HOST in kinds,
        "none": ModeKind.NONE in kinds,
        "container": ModeKind.CONTAINER in kinds,
        "pod": "netquarium/pause" in images,
        "macvlan": "macvlan" in drivers,
        "ipvlan": "ipvlan" in drivers,
        "overlay": "overlay" in drivers,
        "several hosts": len(lab.hosts) > 1,
    }
    return [name for name, shown in found.items() if shown]


def _level(lab: Lab) -> int:
    return LEVELS.index(lab.level) if lab.level in LEVELS else len(LEVELS)


def _slugs() -> list[str]:
    folders = specs.CATALOG.iterdir() if specs.CATALOG.is_dir() else ()
    return sorted(folder.name for folder in folders if folder.is_dir() and not folder.name.startswith((".", "_")))


def _read(slug: str) -> Reading:
    folder = specs.CATALOG / slug
    stamp = max(path.stat().st_mtime_ns for path in (folder, *folder.iterdir()))
    return _read_at(slug, stamp)


@lru_cache(maxsize=256)
def _read_at(slug: str, stamp: int) -> Reading:  # noqa: ARG001  # a key of the cache
    """Read a lab once per change of its files; `stamp` is the latest time at which one changed."""
    return _fresh(slug, None)


def _fresh(slug: str, features: Features | None) -> Reading:
    return specs.read_folder(specs.CATALOG / slug, images=image.tags(), features=features)
