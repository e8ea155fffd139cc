"""Mappings with a known vocabulary: which keys a section of a lab file may have, and reading them with types.

A `Vocabulary` is the table the documentation is checked against. A `Section` is one mapping read by it: keys outside
the vocabulary are reported as the section is opened, so that nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from labs.specs.node import Entry, MapNode, Node, ScalarNode
from labs.specs.problem import Code, Place, Report
from labs.specs.value import Located, Reader, is_null, wrong_type

T = TypeVar("T")

EXTENSION_PREFIX: Final = "x-"


class Treatment(StrEnum):
    """What becomes of a key."""

    READ = "read"
    IGNORED = "ignored"
    """Reported as a warning: leaving it out does not change what the network does."""
    REFUSED = "refused"
    """Reported as an error: leaving it out would change the lab, or it would reach outside."""


@dataclass(frozen=True, slots=True)
class Key:
    """One known key. `note` says in the documentation what it does, or why it is ignored or refused."""

    name: str
    treatment: Treatment
    note: str
    remedy: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """The keys of one kind of section. `title` names the section in messages and in the documentation."""

    title: str
    keys: Mapping[str, Key]

    @classmethod
    def of(cls, title: str, *keys: Key) -> Vocabulary:
        return cls(title, {key.name: key for key in keys})

    def names(self, treatment: Treatment) -> frozenset[str]:
        return frozenset(key.name for key in self.keys.values() if key.treatment is treatment)


def reads(name: str, note: str) -> Key:
    return Key(name, Treatment.READ, note)


def ignores(name: str, reason: str, remedy: str | None = None) -> Key:
    return Key(name, Treatment.IGNORED, reason, remedy)


def refuses(name: str, reason: str, remedy: str | None = None) -> Key:
    return Key(name, Treatment.REFUSED, reason, remedy)


@dataclass(slots=True)
class Section:
    """One mapping being read. A key that is absent or null reads as None, as Compose has it."""

    vocabulary: Vocabulary
    place: Place
    report: Report
    _values: dict[str, Entry] = field(default_factory=dict)
    _has_unknown: bool = False

    @classmethod
    def open(cls, node: Node, vocabulary: Vocabulary, report: Report) -> Section:
        """Open a section on the node, reporting keys that are unknown, ignored or refused, or that it is no mapping."""
        section = cls(vocabulary, node.place, report)
        if not isinstance(node, MapNode):
            if not is_null(node):
                wrong_type(node, report, f"{vocabulary.title} as a mapping", "Write 'key: value' lines.")
            return section
        for entry in node:
            section._admit(entry)
        return section

    def read(self, name: str, reader: Reader[T]) -> T | None:
        """Return the key's value by the reader, or None when it is absent, null or was reported as wrong."""
        node = self.node(name)
        return None if node is None else reader(node, self.report)

    def locate(self, name: str, reader: Reader[T]) -> Located[T] | None:
        """Return the value with the place of the value."""
        node = self.node(name)
        value = None if node is None else reader(node, self.report)
        return None if value is None or node is None else Located(value, node.place)

    def node(self, name: str) -> Node | None:
        if name not in self.vocabulary.keys:
            raise KeyError(f"{name} is not in the vocabulary of {self.vocabulary.title}")
        entry = self._values.get(name)
        return None if entry is None or is_null(entry.value) else entry.value

    def has(self, name: str) -> bool:
        return self.node(name) is not None

    def lacks(self, name: str) -> bool:
        """Say whether the key is missing. Not so beside an unknown key, reported already: that one may be meant."""
        return not self.has(name) and not self._has_unknown

    def where(self, name: str) -> Place:
        """Return the place of the key, or of the section when the key is absent."""
        return self._values[name].key.place if name in self._values else self.place

    def places(self) -> dict[str, Place]:
        """Return the places of all keys that are there and not null."""
        return {name: entry.key.place for name, entry in self._values.items() if not is_null(entry.value)}

    def _admit(self, entry: Entry) -> None:
        name = entry.key.text
        known = self.vocabulary.keys.get(name)
        title = self.vocabulary.title
        if name.startswith(EXTENSION_PREFIX):
            return
        if known is None:
            self._has_unknown = True
            self.report.error(
                entry.key.place,
                Code.UNKNOWN_KEY,
                f"'{name}' is not a key of {title}.",
                found=name,
                allowed=sorted(self.vocabulary.names(Treatment.READ)),
                remedy=self.report.did_you_mean(name, self.vocabulary.keys),
            )
        elif known.treatment is Treatment.READ:
            self._values[name] = entry
        elif known.treatment is Treatment.IGNORED:
            self.report.warning(
                entry.key.place,
                Code.IGNORED_KEY,
                f"'{name}' has no effect here: {known.note}.",
                found=name,
                remedy=known.remedy,
            )
        elif not _is_harmless(entry.value):
            self.report.error(
                entry.key.place,
                Code.REFUSED_KEY,
                f"'{name}' is not allowed in {title}: {known.note}.",
                found=name,
                remedy=known.remedy or "Delete it.",
            )


def named_sections(node: Node, report: Report, what: str) -> Iterator[tuple[ScalarNode, Node]]:
    """Yield name and content of each entry of a mapping of named things (`x-ray` may well name a service)."""
    if not isinstance(node, MapNode):
        if not is_null(node):
            wrong_type(node, report, f"a mapping of {what}", "Write each name on a line of its own, ending in ':'.")
        return
    for entry in node:
        yield entry.key, entry.value


def _is_harmless(node: Node) -> bool:
    """Say whether a refused key's value asks for nothing: null, false, or an empty list or mapping."""
    if isinstance(node, ScalarNode):
        return node.value is None or node.value is False
    return not tuple(node)
