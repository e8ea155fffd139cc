"""YAML as a tree of nodes that know their place. No value is interpreted here beyond YAML's own scalar types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from labs.specs.problem import Place

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_INTEGER: Final = re.compile(r"[-+]?(0x[0-9a-fA-F]+|0o[0-7]+|[0-9][0-9_]*)\Z")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NOT_FINITE: Final = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")
_MAX_DIGITS: Final = 40
"""Longer numbers stay text: int() of a megabyte of digits takes seconds."""


@dataclass(frozen=True)
class ScalarNode:
    """A scalar as written. `plain` is False when it was quoted, a block, or tagged !!str: then it is a string."""

    place: Place
    text: str
    plain: bool

    @cached_property
    def value(self) -> str | int | float | bool | None:
        """The scalar by YAML 1.2's core schema, as current Compose reads it (`yes`, `on` and `22:22` are strings)."""
        text = self.text
        if not self.plain:
            return text
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if len(text) <= _MAX_DIGITS:
            if _INTEGER.match(text):
                return _integer(text)
            if _FLOAT.match(text) or _NOT_FINITE.match(text):
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        return text

    @property
    def kind(self) -> str:
        return _KINDS[type(self.value)]


@dataclass(frozen=True)
class ListNode:
    place: Place
    items: tuple[Node, ...]
    kind: str = "a list"

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True)
class Entry:
    key: ScalarNode
    value: Node


@dataclass(frozen=True)
class MapNode:
    """A mapping: entries in file order, keys unique, merge keys (`<<`) already folded in."""

    place: Place
    entries: tuple[Entry, ...]
    kind: str = "a mapping"

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


Node = ScalarNode | ListNode | MapNode

_KINDS: Final = {str: "text", int: "a number", float: "a number", bool: "true or false", type(None): "nothing"}


def _integer(text: str) -> int:
    digits = text.lstrip("+-").replace("_", "")
    base = 16 if digits.startswith("0x") else 8 if re.match(r"0o?[0-7]+\Z", digits) else 10
    return int(digits, base) * (-1 if text.startswith("-") else 1)
