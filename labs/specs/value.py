"""Readers of single values: a node in, a typed value out, or None after reporting what is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, Generic, TypeVar

from labs.specs.node import ListNode, MapNode, Node, ScalarNode
from labs.specs.problem import Code, Place, Report

Address = IPv4Address | IPv6Address
Subnetwork = IPv4Network | IPv6Network

T = TypeVar("T")
Reader = Callable[[Node, Report], T | None]


@dataclass(frozen=True, slots=True)
class Located(Generic[T]):
    """A value and where it stands."""

    value: T
    place: Place


def located(node: Node, report: Report, read: Reader[T]) -> Located[T] | None:
    value = read(node, report)
    return None if value is None else Located(value, node.place)


def wrong_type(node: Node, report: Report, wanted: str, remedy: str | None = None) -> None:
    """Report that something else stands where `wanted` belongs."""
    found = node.text if isinstance(node, ScalarNode) else None
    report.error(node.place, Code.WRONG_TYPE, f"Expected {wanted}, found {node.kind}.", found=found, remedy=remedy)


def bad_value(
    node: Node, report: Report, message: str, *, allowed: Iterable[str] = (), remedy: str | None = None
) -> None:
    found = node.text if isinstance(node, ScalarNode) else None
    report.error(node.place, Code.BAD_VALUE, message, found=found, allowed=allowed, remedy=remedy)


def is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None


# --- text ---------------------------------------------------------------------------------------------------------


def text(node: Node, report: Report) -> str | None:
    """Read text. A bare number or `true` is refused, as Compose refuses it: quoted, it is text."""
    if isinstance(node, ScalarNode) and isinstance(node.value, str):
        return node.value
    quotable = isinstance(node, ScalarNode) and node.value is not None
    wrong_type(node, report, "text", "Put it in quotes." if quotable else None)
    return None


def any_scalar(node: Node, report: Report) -> str | None:
    """Read a scalar of any type as the text Compose makes of it (environment, labels, sysctls)."""
    if not isinstance(node, ScalarNode):
        wrong_type(node, report, "a single value")
        return None
    value = node.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # As Go prints a float64: no needless ".0", exponents only for the very large.
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else str(value)
    return str(value)


def choice(*words: str) -> Reader[str]:
    """Return a reader of one of the words."""

    def read(node: Node, report: Report) -> str | None:
        # A bare `no` or `null` may be one of the words, so the text as written decides.
        if not isinstance(node, ScalarNode):
            wrong_type(node, report, f"one of {', '.join(words)}")
            return None
        if node.text in words:
            return node.text
        bad_value(
            node,
            report,
            f"'{node.text}' is not one of {', '.join(words)}.",
            allowed=words,
            remedy=report.did_you_mean(node.text, words),
        )
        return None

    return read


def matching(pattern: re.Pattern[str], what: str, rule: str, code: Code = Code.BAD_NAME) -> Reader[str]:
    """Return a reader of text that matches the pattern whole; `rule` says in words what it asks for."""

    def read(node: Node, report: Report) -> str | None:
        value = text(node, report)
        if value is not None and not pattern.fullmatch(value):
            report.error(node.place, code, f"'{value}' cannot be {what}.", found=value, remedy=f"Use {rule}.")
            return None
        return value

    return read


# --- truth and numbers --------------------------------------------------------------------------------------------

_TRUE: Final = frozenset({"true", "yes", "on", "y", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "n", "0"})


def boolean(node: Node, report: Report) -> bool | None:
    if isinstance(node, ScalarNode) and node.text.lower() in _TRUE | _FALSE:
        return node.text.lower() in _TRUE
    wrong_type(node, report, "true or false")
    return None


def integer(minimum: int, maximum: int) -> Reader[int]:
    """Return a reader of whole numbers, bounds included; quoted digits count, as in Compose."""

    def read(node: Node, report: Report) -> int | None:
        value: object = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            wrong_type(node, report, "a whole number")
            return None
        if not minimum <= value <= maximum:
            report.error(
                node.place,
                Code.LIMIT,
                f"{value} is not between {minimum} and {maximum}.",
                found=value,
                allowed=(f"{minimum} to {maximum}",),
            )
            return None
        return value

    return read


def number(minimum: float, maximum: float) -> Reader[float]:
    """Return a reader of numbers, bounds included; a quoted number counts, as in Compose."""

    def read(node: Node, report: Report) -> float | None:
        value: object = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,20})?|\.[0-9]{1,20}", value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            wrong_type(node, report, "a number")
            return None
        if not minimum <= value <= maximum:
            report.error(
                node.place,
                Code.LIMIT,
                f"{value:g} is not between {minimum:g} and {maximum:g}.",
                found=f"{value:g}",
                allowed=(f"{minimum:g} to {maximum:g}",),
            )
            return None
        return float(value)

    return read


_SIZE: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_SIZE_UNITS: Final = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def size(node: Node, report: Report) -> int | None:
    """Read an amount of bytes: `512m`, `1gb`, or a plain count. Units are powers of 1,024 (Compose, "Byte values")."""
    match = _SIZE.fullmatch(node.text) if isinstance(node, ScalarNode) and not isinstance(node.value, bool) else None
    if match is None:
        bad_value(
            node, report, "Expected an amount of memory.", allowed=("b", "k", "m", "g"), remedy="Write 64m or 1g."
        )
        return None
    return int(float(match[1]) * _SIZE_UNITS[match[2].lower()])


_DURATION_UNITS: Final = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION_PART: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(us|µs|ms|s|m|h|d)")


def duration(node: Node, report: Report) -> float | None:
    """Read seconds from Compose's form: `10s`, `1m30s`, `1.5s` (Compose, "Durations"). A bare 0 is allowed."""
    written = node.text if isinstance(node, ScalarNode) else ""
    if written == "0":
        return 0.0
    parts = _DURATION_PART.findall(written)
    if not parts or "".join(amount + unit for amount, unit in parts) != written:
        bad_value(
            node,
            report,
            "Expected a duration with its unit.",
            allowed=tuple(_DURATION_UNITS),
            remedy="Write 10s, 1m30s or 500ms.",
        )
        return None
    return sum(float(amount) * _DURATION_UNITS[unit] for amount, unit in parts)


# --- addresses ----------------------------------------------------------------------------------------------------


def address(node: Node, report: Report) -> Address | None:
    written = text(node, report)
    return None if written is None else parse_address(written, node.place, report)


def parse_address(written: str, place: Place, report: Report) -> Address | None:
    try:
        found = ip_address(written)
    except ValueError:
        remedy = "Leave out the prefix length." if "/" in written else None
        report.error(place, Code.BAD_VALUE, f"'{written}' is not an IP address.", found=written, remedy=remedy)
        return None
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        report.error(place, Code.BAD_VALUE, f"'{written}' names a zone; leave it out.", found=written)
        return None
    return found


def addresses(node: Node, report: Report) -> tuple[Address, ...] | None:
    """Read one address or a list of them."""
    found: list[Address] = []
    for item in node if isinstance(node, ListNode) else (node,):
        one = address(item, report)
        if one is not None:
            found.append(one)
    return tuple(found)


def ipv4_address(node: Node, report: Report) -> IPv4Address | None:
    found = address(node, report)
    if isinstance(found, IPv6Address):
        bad_value(node, report, f"'{found}' is an IPv6 address; an IPv4 one belongs here.", remedy="Use ipv6_address.")
        return None
    return found


def ipv6_address(node: Node, report: Report) -> IPv6Address | None:
    found = address(node, report)
    if isinstance(found, IPv4Address):
        bad_value(node, report, f"'{found}' is an IPv4 address; an IPv6 one belongs here.", remedy="Use ipv4_address.")
        return None
    return found


def subnet(node: Node, report: Report) -> Subnetwork | None:
    written = text(node, report)
    if written is None:
        return None
    if "/" not in written:
        bad_value(node, report, f"'{written}' has no prefix length.", remedy="Write it like 172.30.0.0/24.")
        return None
    base, _, prefix = written.partition("/")
    try:
        # int() also keeps out the netmask form, 172.30.0.0/255.255.0.0, which Docker does not read.
        found = ip_network((base, int(prefix)), strict=False)
    except ValueError:
        bad_value(node, report, f"'{written}' is not a subnet.", remedy="Write it like 172.30.0.0/24 or fd00:1::/64.")
        return None
    if ip_address(base) != found.network_address:
        bad_value(
            node,
            report,
            f"'{written}' names an address inside a subnet, not the subnet.",
            remedy=f"Write {found}.",
        )
        return None
    return found


_MAC: Final = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}", re.IGNORECASE)


def mac_address(node: Node, report: Report) -> str | None:
    """Read an Ethernet address as lower-case hex with colons. A group address belongs to no interface (IEEE 802)."""
    # Compose's older YAML reads 02:42:… unquoted as text too, but 12:34:56:… as a base-60 number.
    if not isinstance(node, ScalarNode) or not _MAC.fullmatch(node.text):
        bad_value(node, report, "Expected a MAC address.", remedy="Write six hex bytes, like '02:42:0a:00:00:05'.")
        return None
    written = node.text.lower().replace("-", ":")
    if int(written[:2], 16) & 1:
        bad_value(
            node,
            report,
            f"{written} is a group address: the lowest bit of its first byte is set, so no interface can own it.",
            remedy=f"Start it with 02, like 02{written[2:]}.",
        )
        return None
    if written == "00:00:00:00:00:00":
        bad_value(node, report, "The all-zero MAC address belongs to no interface.", remedy="Start it with 02.")
        return None
    return written


# --- lists and mappings of values ---------------------------------------------------------------------------------


def list_of(read: Reader[T], what: str) -> Reader[tuple[Located[T], ...]]:
    """Return a reader of a list; items that fail are reported and left out."""

    def read_list(node: Node, report: Report) -> tuple[Located[T], ...] | None:
        if not isinstance(node, ListNode):
            wrong_type(node, report, f"a list of {what}", "Begin each item with '- ' on its own line.")
            return None
        items = (located(item, report, read) for item in node)
        return tuple(item for item in items if item is not None)

    return read_list


def one_or_list(read: Reader[T], what: str) -> Reader[tuple[Located[T], ...]]:
    """Return a reader of one value or a list of them."""
    as_list = list_of(read, what)

    def read_either(node: Node, report: Report) -> tuple[Located[T], ...] | None:
        if isinstance(node, ScalarNode) and not is_null(node):
            item = located(node, report, read)
            return None if item is None else (item,)
        return as_list(node, report)

    return read_either


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and a value from `- name=value` or `name: value`. `value` is None where none is given."""

    name: str
    value: str | None
    place: Place


def pairs(separators: str, what: str) -> Reader[tuple[Pair, ...]]:
    """Return a reader of pairs, from a mapping or from a list of texts split at the first of the separators.

    A name given twice in a list is reported; the later would win.
    """

    def read(node: Node, report: Report) -> tuple[Pair, ...] | None:
        if isinstance(node, MapNode):
            return _pairs_of_mapping(node, report)
        if not isinstance(node, ListNode):
            wrong_type(node, report, f"{what} as a mapping or a list")
            return None
        found: dict[str, Pair] = {}
        for item in node:
            written = text(item, report)
            if written is None:
                continue
            parts = re.split(f"[{re.escape(separators)}]", written, maxsplit=1)
            if parts[0] in found:
                report.error(item.place, Code.REPEATED, f"'{parts[0]}' is given twice.", remedy="Keep one of them.")
            found[parts[0]] = Pair(parts[0], parts[1] if len(parts) > 1 else None, item.place)
        return tuple(found.values())

    return read


def _pairs_of_mapping(node: MapNode, report: Report) -> tuple[Pair, ...]:
    found = []
    for entry in node:
        value = None if is_null(entry.value) else any_scalar(entry.value, report)
        if value is not None or is_null(entry.value):
            found.append(Pair(entry.key.text, value, entry.key.place))
    return tuple(found)
