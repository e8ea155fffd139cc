"""Compose `ports` and `expose`: short and long syntax, ranges taken apart into single ports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from labs.specs.node import ListNode, MapNode, Node, ScalarNode
from labs.specs.problem import Code, Place, Report
from labs.specs.section import Section, Vocabulary, ignores, reads
from labs.specs.value import Address, Located, address, any_scalar, choice, integer, parse_address, wrong_type

PROTOCOLS: Final = ("tcp", "udp", "sctp")
MAX_PORTS: Final = 64
"""Ports of one service: the engine runs one proxy process for each."""

PORT_KEYS: Final = Vocabulary.of(
    "a port",
    reads("target", "the port inside the container; required."),
    reads("published", "the port on the lab host, or a range to choose from; left out, the engine chooses."),
    reads("host_ip", "the lab host's address to listen on; all of them when left out."),
    reads("protocol", "`tcp` (default), `udp` or `sctp`."),
    ignores("mode", "it chooses between ways of publishing that only Swarm services have"),
    ignores("name", "it is a remark"),
    ignores("app_protocol", "it is a remark"),
)

_PORT: Final = r"[0-9]{1,5}(?:-[0-9]{1,5})?"
_SHORT: Final = re.compile(
    rf"(?:(?:(?P<ip>.*):)?(?P<published>(?:{_PORT})?):)?(?P<target>{_PORT})(?:/(?P<protocol>\w+))?"
)
_SHORT_REMEDY: Final = "Write '8080:80', '127.0.0.1:8080:80/udp', or '80' to let the engine choose."


@dataclass(frozen=True, slots=True)
class PortRequest:
    """One container port to publish. `candidates` are the host ports to choose from: one, several, or None for any."""

    target: int
    protocol: str
    candidates: range | None
    host_ip: Address | None


def ports(node: Node, report: Report) -> tuple[Located[PortRequest], ...] | None:
    if not isinstance(node, ListNode):
        wrong_type(node, report, "a list of ports", "Begin each with '- '.")
        return None
    found: list[Located[PortRequest]] = []
    for item in node:
        requests = _long(item, report) if isinstance(item, MapNode) else _short(item, report)
        found.extend(Located(request, item.place) for request in requests)
    if len(found) > MAX_PORTS:
        report.error(
            node.place,
            Code.LIMIT,
            f"One service may publish {MAX_PORTS} ports; this one publishes more.",
            remedy="Publish fewer: the engine starts a process for each.",
        )
    return tuple(found[:MAX_PORTS])


def expose(node: Node, report: Report) -> tuple[str, ...] | None:
    """Read `expose` as texts of the form `80/tcp`, ranges taken apart."""
    if not isinstance(node, ListNode):
        wrong_type(node, report, "a list of ports", "Begin each with '- '.")
        return None
    found: dict[str, None] = {}
    for item in node:
        written = any_scalar(item, report)
        match = re.fullmatch(rf"(?P<target>{_PORT})(?:/(?P<protocol>\w+))?", written or "")
        if match is None:
            if written is not None:
                report.error(
                    item.place, Code.BAD_VALUE, f"'{written}' is not a port.", remedy="Write '80' or '53/udp'."
                )
            continue
        targets = _range(match["target"], item.place, report)
        protocol = _protocol(match["protocol"], item.place, report)
        if targets and protocol:
            found.update(dict.fromkeys(f"{port}/{protocol}" for port in targets[:MAX_PORTS]))
    return tuple(found)


def _short(node: Node, report: Report) -> list[PortRequest]:
    written = any_scalar(node, report)
    if written is None:
        return []
    match = _SHORT.fullmatch(written)
    if match is None:
        report.error(
            node.place, Code.BAD_VALUE, f"'{written}' is not a port mapping.", found=written, remedy=_SHORT_REMEDY
        )
        return []
    if isinstance(node, ScalarNode) and node.plain and re.fullmatch(r"[0-9]+:[0-5]?[0-9]", written):
        report.warning(
            node.place,
            Code.BAD_VALUE,
            f"Without quotes, older tools read {written} as one number in base 60.",
            found=written,
            remedy=f"Write '{written}' in quotes.",
        )
    targets = _range(match["target"], node.place, report)
    published = _range(match["published"], node.place, report, allow_zero=True) if match["published"] else None
    protocol = _protocol(match["protocol"], node.place, report)
    host_ip: Address | None = None
    if match["ip"]:
        host_ip = parse_address(match["ip"].strip("[]"), node.place, report)
    if (
        targets is None
        or protocol is None
        or (match["published"] and published is None)
        or (match["ip"] and not host_ip)
    ):
        return []
    return _pair(targets, published, protocol, host_ip, node.place, report)


def _long(node: MapNode, report: Report) -> list[PortRequest]:
    section = Section.open(node, PORT_KEYS, report)
    target = section.read("target", integer(1, 65535))
    if target is None:
        if section.lacks("target"):
            report.error(node.place, Code.MISSING_KEY, "A port needs 'target'.", remedy="Add the container's port.")
        return []
    protocol = section.read("protocol", choice(*PROTOCOLS)) if section.has("protocol") else "tcp"
    host_ip: Located[Address] | None = section.locate("host_ip", address)
    published = section.read("published", _published)
    failed = protocol is None or (section.has("published") and published is None)
    if failed or protocol is None or (section.has("host_ip") and host_ip is None):
        return []
    listen = host_ip.value if host_ip else None
    return _pair(range(target, target + 1), published, protocol, listen, node.place, report)


def _published(node: Node, report: Report) -> range | None:
    written = any_scalar(node, report)
    if written is None:
        return None
    if not re.fullmatch(_PORT, written):
        report.error(
            node.place,
            Code.BAD_VALUE,
            f"'{written}' is not a port.",
            found=written,
            remedy="Write '8080' or '8080-8090'.",
        )
        return None
    return _range(written, node.place, report, allow_zero=True)


def _pair(
    targets: range, published: range | None, protocol: str, host_ip: Address | None, place: Place, report: Report
) -> list[PortRequest]:
    """Match container ports with host ports: range with range of equal length, or one with a choice."""
    if published is None or published == range(1):
        return [PortRequest(target, protocol, None, host_ip) for target in targets[: MAX_PORTS + 1]]
    if len(targets) == 1:
        return [PortRequest(targets[0], protocol, published, host_ip)]
    if len(targets) != len(published):
        report.error(
            place,
            Code.BAD_VALUE,
            f"{len(published)} host ports cannot be matched with {len(targets)} container ports.",
            remedy="Make both ranges equally long.",
        )
        return []
    return [
        PortRequest(target, protocol, range(host_port, host_port + 1), host_ip)
        for target, host_port in zip(targets[: MAX_PORTS + 1], published[: MAX_PORTS + 1], strict=True)
    ]


def _range(written: str, place: Place, report: Report, *, allow_zero: bool = False) -> range | None:
    first_text, _, last_text = written.partition("-")
    first, last = int(first_text), int(last_text or first_text)
    if not (0 if allow_zero else 1) <= first <= 65535 or last > 65535:
        report.error(
            place, Code.BAD_VALUE, f"'{written}' is outside 1 to 65535.", found=written, allowed=("1 to 65535",)
        )
        return None
    if last < first:
        report.error(
            place,
            Code.BAD_VALUE,
            f"The range {written} runs backwards.",
            found=written,
            remedy=f"Write {last}-{first}.",
        )
        return None
    return range(first, last + 1)


def _protocol(written: str | None, place: Place, report: Report) -> str | None:
    protocol = (written or "tcp").lower()
    if protocol in PROTOCOLS:
        return protocol
    report.error(place, Code.BAD_VALUE, f"'{written}' is not a protocol of ports.", found=written, allowed=PROTOCOLS)
    return None
