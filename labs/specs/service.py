"""Compose `services`: each one read to a draft that keeps the places later checks point at."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from labs.specs.attachment import NetworkUse, network_uses
from labs.specs.deployment import Deployment, read_deployment
from labs.specs.healthcheck import healthcheck
from labs.specs.lab import Condition, Healthcheck, ModeKind
from labs.specs.node import ListNode, MapNode, Node, ScalarNode
from labs.specs.port import PortRequest, expose, ports
from labs.specs.problem import Code, Place, Report, nearest
from labs.specs.section import Section, named_sections
from labs.specs.service_keys import DEPENDENCY_KEYS, SERVICE_KEYS
from labs.specs.setting import capabilities, extra_hosts, hostname, image_name, sysctls, volumes
from labs.specs.value import (
    Address,
    Located,
    T,
    addresses,
    boolean,
    choice,
    duration,
    list_of,
    mac_address,
    matching,
    one_or_list,
    pairs,
    text,
    wrong_type,
)

_SERVICE_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}")
_CONTAINER_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}")
_RESTART: Final = re.compile(r"no|always|unless-stopped|on-failure(:[0-9]{1,4})?")
_NAME_RULE: Final = "letters, digits, '_', '.' and '-', beginning with a letter or digit, at most 63"

service_name: Final = matching(_SERVICE_NAME, "the name of a service", _NAME_RULE)


@dataclass(frozen=True, slots=True)
class ModeDraft:
    """`network_mode` as written. `joins` names a service ("service") or a container ("container"), if it joins one."""

    kind: ModeKind
    joins: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class DependencyDraft:
    service: str
    condition: Condition


@dataclass(frozen=True)
class Service:
    """One service as written. `at` gives the place of each key that is there."""

    name: str
    place: Place
    at: Mapping[str, Place]
    image: Located[str] | None
    container_name: Located[str] | None
    command: tuple[str, ...] | None
    entrypoint: tuple[str, ...] | None
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    working_dir: str | None
    user: str | None
    tty: bool
    stdin_open: bool
    init: bool
    restart: str
    stop_grace_s: float | None
    healthcheck: Healthcheck | None
    depends_on: tuple[Located[DependencyDraft], ...]
    mode: Located[ModeDraft] | None
    networks: tuple[NetworkUse, ...] | None
    ports: tuple[Located[PortRequest], ...]
    expose: tuple[str, ...]
    hostname: str | None
    dns: tuple[Address, ...]
    dns_search: tuple[str, ...]
    dns_options: tuple[str, ...]
    hosts_entries: Mapping[str, str]
    mac_address: Located[str] | None
    sysctls: Mapping[str, str]
    cap_add: tuple[str, ...]
    cap_drop: tuple[str, ...]
    deployment: Deployment

    def where(self, key: str) -> Place:
        """Return the place of the key, or of the service's name when it is absent."""
        return self.at.get(key, self.place)


def read_services(node: Node, report: Report) -> dict[str, Service]:
    found = {}
    for key, value in named_sections(node, report, "services"):
        if service_name(ScalarNode(key.place, key.text, plain=False), report) is not None:
            found[key.text] = _service(key, value, report)
    return found


def _service(key: ScalarNode, node: Node, report: Report) -> Service:
    section = Section.open(node, SERVICE_KEYS, report)
    if section.lacks("image"):
        report.error(
            key.place, Code.MISSING_KEY, f"The service '{key.text}' has no image.", remedy="Add 'image: …' to it."
        )
    section.read("volumes", volumes)
    environment = section.read("environment", pairs("=", "variables")) or ()
    for pair in environment:
        if pair.value is None:
            report.warning(
                pair.place,
                Code.VARIABLE_UNSET,
                f"{pair.name} has no value and is left out: a lab starts with no variables to take it from.",
                remedy=f"Write {pair.name}=value.",
            )
    return Service(
        name=key.text,
        place=key.place,
        at=section.places(),
        image=section.locate("image", image_name),
        container_name=section.locate(
            "container_name", matching(_CONTAINER_NAME, "the name of a container", f"2 or more {_NAME_RULE}")
        ),
        command=section.read("command", _command) or None,
        entrypoint=section.read("entrypoint", _entrypoint),
        environment={pair.name: pair.value for pair in environment if pair.value is not None},
        labels={pair.name: pair.value or "" for pair in section.read("labels", pairs("=", "labels")) or ()},
        working_dir=section.read("working_dir", text),
        user=section.read("user", _user),
        tty=bool(section.read("tty", boolean)),
        stdin_open=bool(section.read("stdin_open", boolean)),
        init=bool(section.read("init", boolean)),
        restart=section.read("restart", _restart) or "no",
        stop_grace_s=section.read("stop_grace_period", duration),
        healthcheck=section.read("healthcheck", healthcheck),
        depends_on=section.read("depends_on", _depends_on) or (),
        mode=section.locate("network_mode", _network_mode),
        networks=section.read("networks", network_uses),
        ports=section.read("ports", ports) or (),
        expose=section.read("expose", expose) or (),
        hostname=section.read("hostname", hostname),
        dns=section.read("dns", addresses) or (),
        dns_search=_values(section.read("dns_search", one_or_list(text, "domains"))),
        dns_options=_values(section.read("dns_opt", list_of(text, "resolver options"))),
        hosts_entries=section.read("extra_hosts", extra_hosts) or {},
        mac_address=section.locate("mac_address", mac_address),
        sysctls=section.read("sysctls", sysctls) or {},
        cap_add=section.read("cap_add", capabilities) or (),
        cap_drop=section.read("cap_drop", capabilities) or (),
        deployment=read_deployment(section),
    )


def _values(items: tuple[Located[T], ...] | None) -> tuple[T, ...]:
    return tuple(item.value for item in items or ())


def _words(node: Node, report: Report) -> tuple[str, ...] | None:
    """Read a command line: a list of words, or one text split as a POSIX shell splits it."""
    if isinstance(node, ListNode):
        return _values(list_of(text, "words")(node, report))
    written = text(node, report)
    if written is None:
        return None
    try:
        return tuple(shlex.split(written))
    except ValueError as error:
        report.error(
            node.place,
            Code.BAD_VALUE,
            f"The command cannot be split into words: {error}.",
            found=written,
            remedy="Close the quote, or write the command as a list.",
        )
        return None


_command: Final = _words


def _entrypoint(node: Node, report: Report) -> tuple[str, ...] | None:
    """Read an entry point; an empty one clears the image's, which the engine writes as one empty word."""
    words = _words(node, report)
    return ("",) if words == () else words


def _user(node: Node, report: Report) -> str | None:
    # Numbers are usual here and Compose takes them, quoted or not.
    if isinstance(node, ScalarNode) and re.fullmatch(r"[0-9]{1,10}", node.text):
        return node.text
    return text(node, report)


def _restart(node: Node, report: Report) -> str | None:
    # A bare `no` is false in older YAML, so the text as written decides.
    if isinstance(node, ScalarNode) and (_RESTART.fullmatch(node.text) or node.text == "false"):
        return "no" if node.text == "false" else node.text
    words = ("no", "always", "on-failure", "unless-stopped")
    written = node.text if isinstance(node, ScalarNode) else ""
    report.error(
        node.place,
        Code.BAD_VALUE,
        f"'{written}' is not a restart policy.",
        found=written,
        allowed=words,
        remedy=report.did_you_mean(written, words),
    )
    return None


_MODES: Final = {
    "none": ModeKind.NONE,
    "host": ModeKind.HOST,
    "bridge": ModeKind.BRIDGE,
    "default": ModeKind.BRIDGE,
}
_MODE_WORDS: Final = ("none", "host", "bridge", "service:NAME", "container:NAME")


def _network_mode(node: Node, report: Report) -> ModeDraft | None:
    written = node.text if isinstance(node, ScalarNode) else None
    if written is None:
        wrong_type(node, report, "a network mode", f"Write one of {', '.join(_MODE_WORDS)}.")
        return None
    if written in _MODES:
        return ModeDraft(_MODES[written])
    joins, colon, target = written.partition(":")
    if colon and target and joins in ("service", "container"):
        return ModeDraft(ModeKind.CONTAINER, joins, target)
    close = nearest(joins, (*_MODES, "service", "container"))
    report.error(
        node.place,
        Code.BAD_VALUE,
        f"'{written}' is not a network mode.",
        found=written,
        allowed=_MODE_WORDS,
        remedy=f"Did you mean '{close}'?" if close else "Name a network under 'networks' instead.",
    )
    return None


def _depends_on(node: Node, report: Report) -> tuple[Located[DependencyDraft], ...] | None:
    if isinstance(node, MapNode):
        found = []
        for key, value in named_sections(node, report, "services"):
            condition = Section.open(value, DEPENDENCY_KEYS, report).read("condition", choice(*Condition))
            draft = DependencyDraft(key.text, Condition(condition) if condition else Condition.STARTED)
            found.append(Located(draft, key.place))
        return tuple(found)
    names = list_of(text, "services")(node, report) or ()
    return tuple(Located(DependencyDraft(item.value, Condition.STARTED), item.place) for item in names)
