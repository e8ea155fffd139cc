"""Compose `deploy`, `scale` and the limits beside them: how many containers, on which lab host, of what size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from labs.specs.node import Node
from labs.specs.problem import Code, Report
from labs.specs.section import Section, Vocabulary
from labs.specs.service_keys import DEPLOY_KEYS, PLACEMENT_KEYS, RESOURCE_LIMIT_KEYS, RESOURCES_KEYS
from labs.specs.value import Located, T, choice, integer, list_of, number, size, text

MAX_REPLICAS: Final = 100
_MIN_MEMORY_BYTES: Final = 6 << 20
"""Below it the engine refuses: "Minimum memory limit allowed is 6MB" (Engine 20.10)."""

_CONSTRAINT: Final = re.compile(r"\s*node\.hostname\s*(==|!=)\s*(\S+)\s*")
_CONSTRAINT_FORMS: Final = ("node.hostname == HOST", "node.hostname != HOST")


@dataclass(frozen=True, slots=True)
class Constraint:
    """`node.hostname == host`, or `!=` when not `equal`."""

    host: str
    equal: bool

    def admits(self, host: str) -> bool:
        return (host == self.host) is self.equal


@dataclass(frozen=True)
class Deployment:
    replicas: Located[int] | None = None
    constraints: tuple[Located[Constraint], ...] = ()
    memory_bytes: Located[int] | None = None
    cpus: Located[float] | None = None
    pids_limit: int | None = None


def read_deployment(service: Section) -> Deployment:
    """Read `deploy` and its twins `scale`, `mem_limit`, `cpus` and `pids_limit`, which must not contradict it."""
    report = service.report
    deploy = _part(service, "deploy", DEPLOY_KEYS)
    placement = _part(deploy, "placement", PLACEMENT_KEYS)
    limits = _part(_part(deploy, "resources", RESOURCES_KEYS), "limits", RESOURCE_LIMIT_KEYS)
    deploy.read("mode", choice("replicated"))
    replicas = integer(0, MAX_REPLICAS)
    pids = integer(1, 8192)
    cpus = number(0.01, 64)
    pids_limit = _agree(service.locate("pids_limit", pids), limits.locate("pids", pids), "pids_limit", report)
    return Deployment(
        replicas=_agree(service.locate("scale", replicas), deploy.locate("replicas", replicas), "scale", report),
        constraints=placement.read("constraints", list_of(_constraint, "constraints")) or (),
        memory_bytes=_agree(
            service.locate("mem_limit", _memory), limits.locate("memory", _memory), "mem_limit", report
        ),
        cpus=_agree(service.locate("cpus", cpus), limits.locate("cpus", cpus), "cpus", report),
        pids_limit=pids_limit.value if pids_limit else None,
    )


def _part(section: Section, name: str, vocabulary: Vocabulary) -> Section:
    """Open a sub-section; an absent one is empty."""
    node = section.node(name)
    if node is None:
        return Section(vocabulary, section.where(name), section.report)
    return Section.open(node, vocabulary, section.report)


def _agree(short: Located[T] | None, long: Located[T] | None, name: str, report: Report) -> Located[T] | None:
    if short is not None and long is not None and short.value != long.value:
        report.error(
            short.place,
            Code.CONFLICT,
            f"'{name}' and its twin under 'deploy' say different things.",
            found=short.value,
            remedy="Keep one of them.",
        )
    return long or short


def _memory(node: Node, report: Report) -> int | None:
    found = size(node, report)
    if found is not None and found < _MIN_MEMORY_BYTES:
        report.error(
            node.place,
            Code.LIMIT,
            f"{found:,} bytes are less than the engine's least, 6m.",
            remedy="Write 16m or more.",
        )
    return found


def _constraint(node: Node, report: Report) -> Constraint | None:
    written = text(node, report)
    if written is None:
        return None
    match = _CONSTRAINT.fullmatch(written)
    if match is None:
        report.error(
            node.place,
            Code.BAD_VALUE,
            f"'{written}' is not a constraint a lab knows.",
            found=written,
            allowed=_CONSTRAINT_FORMS,
            remedy="Write 'node.hostname == alpha'.",
        )
        return None
    return Constraint(match[2], match[1] == "==")
