"""The whole way from a lab's files to one `Lab`: read, interpolate, plan, check, assemble."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from labs.specs.assembly import assemble
from labs.specs.checking import check
from labs.specs.document import MAX_FILE_BYTES, parse
from labs.specs.features import Features
from labs.specs.interpolation import interpolate
from labs.specs.lab import Lab
from labs.specs.lab_file import FILE as LAB_FILE
from labs.specs.lab_file import LabFile, read_lab_file
from labs.specs.network import NetworkDraft, read_networks
from labs.specs.node import MapNode, Node
from labs.specs.plan import make_plan
from labs.specs.problem import Code, Place, Problem, Report
from labs.specs.section import Section
from labs.specs.service import Service, read_services
from labs.specs.service_keys import COMPOSE_KEYS
from labs.specs.value import matching, wrong_type

COMPOSE_FILES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""The names Compose looks for, in its order of preference."""

LESSON_FILE: Final = "lesson.md"
OTHER_FILES: Final = frozenset({LESSON_FILE, "checks.yml", "README.md"})
OTHER_FOLDERS: Final = ("solution/",)

_PROJECT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class Reading:
    """What came of reading a lab's files. `lab` is None exactly when `problems` hold an error."""

    lab: Lab | None
    problems: tuple[Problem, ...]


def read(
    files: Mapping[str, bytes],
    *,
    slug: str = "lab",
    images: frozenset[str] | None = None,
    features: Features | None = None,
) -> Reading:
    """Read a lab from its files' contents, by name. Never raises for what the files hold.

    Args:
        files: content by path relative to the lab's folder, as `lab.yml` and `compose.yaml`.
        slug: the lab's short name; networks that need a project name get it.
        images: the images a lab may use; None leaves them unchecked.
        features: what the kernel lacks where the lab will run; None leaves that unchecked.
    """
    report = Report()
    lab_root, compose_root = _roots(files, report)
    lab_file = read_lab_file(lab_root, report) if lab_root is not None else None
    compose = _read_compose(compose_root, report) if compose_root is not None else None
    lesson = _lesson(files, report)
    lab = None
    if lab_file is not None and compose is not None:
        lab = _combine(slug, lab_file, compose, images, features or Features(), lesson, report)
    return Reading(lab, report.problems())


@dataclass(frozen=True)
class _Compose:
    services: Mapping[str, Service]
    networks: Mapping[str, NetworkDraft]


def _combine(
    slug: str,
    lab_file: LabFile,
    compose: _Compose,
    images: frozenset[str] | None,
    features: Features,
    lesson: str,
    report: Report,
) -> Lab | None:
    plan = make_plan(slug, lab_file, compose.services, compose.networks, images, features, report)
    if plan is None:
        return None
    check(plan, report)
    return None if report.failed else assemble(plan, lesson)


def _roots(files: Mapping[str, bytes], report: Report) -> tuple[Node | None, Node | None]:
    """Return the trees of lab.yml and of the compose file, and report every other file that nothing reads."""
    compose_file = next((name for name in COMPOSE_FILES if name in files), COMPOSE_FILES[0])
    for name in sorted(files):
        known = name in (LAB_FILE, compose_file) or name in OTHER_FILES or name.startswith(OTHER_FOLDERS)
        if not known:
            report.warning(
                Place(name),
                Code.FILE_UNUSED,
                f"Nothing reads the file {name}.",
                remedy=_file_remedy(name, compose_file, report),
            )
    return _root(LAB_FILE, files, report), _root(compose_file, files, report)


def _file_remedy(name: str, compose_file: str, report: Report) -> str | None:
    if name in COMPOSE_FILES:
        return f"Delete it: {compose_file} is read instead."
    if name == ".env":
        return "Delete it, and give defaults in the compose file: ${NAME:-default}."
    return report.did_you_mean(name, (LAB_FILE, *COMPOSE_FILES, LESSON_FILE))


def _root(name: str, files: Mapping[str, bytes], report: Report) -> Node | None:
    if name not in files:
        report.error(Place(name), Code.FILE_MISSING, f"There is no {name}.", remedy=f"Add {name} to the lab's folder.")
        return None
    root = parse(name, files[name], report)
    if root is not None and not isinstance(root, MapNode):
        wrong_type(root, report, f"a mapping at the top of {name}", "Begin with 'key: value' lines.")
        return None
    return root


def _read_compose(root: Node, report: Report) -> _Compose:
    section = Section.open(interpolate(root, report), COMPOSE_KEYS, report)
    section.read("name", matching(_PROJECT_NAME, "a project's name", "lower-case letters, digits, '_' and '-'"))
    services_node, networks_node = section.node("services"), section.node("networks")
    services = read_services(services_node, report) if services_node is not None else {}
    networks = read_networks(networks_node, report) if networks_node is not None else {}
    empty = isinstance(services_node, MapNode) and not services_node.entries
    if empty or section.lacks("services"):
        report.error(
            section.where("services"), Code.MISSING_KEY, "A lab needs at least one service.", remedy="Add 'services:'."
        )
    return _Compose(services, networks)


def _lesson(files: Mapping[str, bytes], report: Report) -> str:
    content = files.get(LESSON_FILE, b"")
    if len(content) > MAX_FILE_BYTES:
        report.error(Place(LESSON_FILE), Code.FILE_TOO_LARGE, f"{LESSON_FILE} has more than {MAX_FILE_BYTES:,} bytes.")
        return ""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        report.error(
            Place(LESSON_FILE), Code.NOT_TEXT, f"{LESSON_FILE} is not UTF-8 text.", remedy="Save the file as UTF-8."
        )
        return ""
