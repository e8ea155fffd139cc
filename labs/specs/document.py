"""Bytes in, one tree of nodes out, or located problems. Builds no objects, and bounds every cost before paying it.

The events come from ruamel.yaml's pure parser; the tree is built here, because only here can size, depth and alias
expansion be bounded while the text is still being read. One file costs at most about half a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from labs.specs.node import Entry, ListNode, MapNode, Node, ScalarNode
from labs.specs.problem import Code, Place, Report, shorten

MAX_FILE_BYTES: Final = 256 << 10
MAX_DEPTH: Final = 24
MAX_NODES: Final = 20_000
"""Nodes of one document, those that aliases repeat counted each time."""

_STANDARD_TAG: Final = "tag:yaml.org,2002:"
_PLAIN_TAGS: Final = frozenset({f"{_STANDARD_TAG}{name}" for name in ("int", "float", "bool", "null")})
_STRING_TAGS: Final = frozenset({f"{_STANDARD_TAG}str", "!"})
_COLLECTION_TAGS: Final = frozenset({f"{_STANDARD_TAG}map", f"{_STANDARD_TAG}seq"})
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PARSER_ERRORS: Final = (YAMLError, ValueError, ArithmeticError, LookupError, AttributeError, TypeError, AssertionError)
"""What the parser raises on text that is not YAML: its own errors, and on odd escapes and directives also bare
ones (`"\\UFFFFFFFF"` is an OverflowError of chr())."""


class _Unreadable(Exception):
    """Ends the reading of one document; carries the problem to report."""

    def __init__(self, place: Place, code: Code, message: str, remedy: str, found: str | None = None) -> None:
        super().__init__(message)
        self.place, self.code, self.message, self.remedy, self.found = place, code, message, remedy, found


def parse(file: str, content: bytes, report: Report) -> Node | None:
    """Return the file's one document, or None after reporting why there is none."""
    try:
        text = _decode(file, content)
        root = _Builder(file, text).document()
    except _Unreadable as error:
        report.error(error.place, error.code, error.message, found=error.found, remedy=error.remedy)
        return None
    if root is None or (isinstance(root, ScalarNode) and root.value is None):
        report.error(Place(file), Code.EMPTY, f"{file} is empty.", remedy="Write the lab's description into it.")
        return None
    return root


def _decode(file: str, content: bytes) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise _Unreadable(
            Place(file),
            Code.FILE_TOO_LARGE,
            f"{file} has more than {MAX_FILE_BYTES:,} bytes.",
            "Shorten it: the largest labs need a tenth of that.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        raise _Unreadable(
            _place_after(file, before),
            Code.NOT_TEXT,
            f"{file} is not UTF-8 text: byte 0x{content[error.start]:02x} cannot stand here.",
            "Save the file as UTF-8.",
        ) from error
    if match := _CONTROL.search(text):
        raise _Unreadable(
            _place_after(file, text[: match.start()]),
            Code.NOT_TEXT,
            f"{file} holds the control character U+{ord(match[0]):04X}, which text files do not.",
            "Delete the character, or save the file as plain text.",
        )
    return text


def _place_after(file: str, before: str) -> Place:
    line_start = before.rfind("\n") + 1
    return Place(file, before.count("\n") + 1, len(before) - line_start + 1)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet. `weight` counts nodes and `height` levels, repeats included."""

    place: Place
    anchor: str | None
    is_map: bool
    items: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    merged: list[Entry] = field(default_factory=list)
    keys: dict[str, Place] = field(default_factory=dict)
    key: ScalarNode | None = None
    weight: int = 1
    height: int = 1


class _Builder:
    """Builds one document's tree from parser events, with an explicit stack."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int, int]] = {}
        self.root: Node | None = None
        self.weight = 0

    def document(self) -> Node | None:
        documents = 0
        for event in self._events():
            place = self._place(event)
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Unreadable(
                        place,
                        Code.YAML_DOCUMENTS,
                        f"{self.file} holds more than one YAML document.",
                        "Keep one: delete the line '---' and what belongs to another file.",
                    )
            elif isinstance(event, ScalarEvent):
                self._close(self._scalar(event, place), 1, 1, event.anchor)
            elif isinstance(event, (SequenceStartEvent, MappingStartEvent)):
                self._open(event, place)
            elif isinstance(event, (SequenceEndEvent, MappingEndEvent)):
                frame = self.stack.pop()
                self._close(_finish(frame), frame.weight, frame.height, frame.anchor)
            elif isinstance(event, AliasEvent):
                self._alias(event, place)
        return self.root

    def _events(self) -> Iterator[Event]:
        try:
            yield from YAML(typ="safe", pure=True).parse(self.text)
        except MarkedYAMLError as error:
            raise self._syntax(error) from error
        except _PARSER_ERRORS as error:
            raise _Unreadable(
                Place(self.file),
                Code.YAML_SYNTAX,
                f"{self.file} is not YAML: {shorten(str(error))}.",
                "Look for unusual escapes and directives.",
            ) from error

    def _syntax(self, error: MarkedYAMLError) -> _Unreadable:
        mark = error.problem_mark or error.context_mark
        place = Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)
        lines = self.text.splitlines()
        line = lines[place.line - 1] if place.line <= len(lines) else ""
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            return _Unreadable(
                Place(self.file, place.line, indent.index("\t") + 1),
                Code.YAML_TAB,
                "A tab indents this line; YAML allows only spaces.",
                "Replace the tab by spaces.",
            )
        said = " ".join(part for part in (error.context, error.problem) if part)
        return _Unreadable(
            place,
            Code.YAML_SYNTAX,
            f"Not valid YAML: {shorten(said or 'unreadable')}.",
            "Check indentation, colons, quotes and brackets at this line and the one above.",
            line.strip() or None,
        )

    def _open(self, event: SequenceStartEvent | MappingStartEvent, place: Place) -> None:
        self._check_tag(event.tag, place, _COLLECTION_TAGS)
        self._check_depth(place, 1)
        self.stack.append(_Open(place, event.anchor, isinstance(event, MappingStartEvent)))

    def _scalar(self, event: ScalarEvent, place: Place) -> ScalarNode:
        self._check_tag(event.tag, place, _PLAIN_TAGS | _STRING_TAGS)
        if match := _CONTROL.search(event.value):
            raise _Unreadable(
                place,
                Code.NOT_TEXT,
                f"An escape here makes the character U+{ord(match[0]):04X}, which no lab value may hold.",
                "Delete the escape.",
            )
        plain = event.tag in _PLAIN_TAGS or (not event.tag and not event.style)
        return ScalarNode(place, event.value, plain)

    def _check_depth(self, place: Place, height: int) -> None:
        if len(self.stack) + height > MAX_DEPTH:
            raise _Unreadable(
                place,
                Code.YAML_DEPTH,
                f"Nested deeper than {MAX_DEPTH} levels.",
                "No lab file needs that: look for a missing line break or bracket.",
            )

    def _check_tag(self, tag: object, place: Place, allowed: frozenset[str]) -> None:
        if tag and str(tag) not in allowed:
            shown = str(tag).replace(_STANDARD_TAG, "!!")
            raise _Unreadable(
                place,
                Code.YAML_TAG,
                f"The YAML tag '{shorten(shown)}' is not allowed here: lab files hold plain data.",
                "Delete the tag.",
                shown,
            )

    def _alias(self, event: AliasEvent, place: Place) -> None:
        name = str(event.anchor)
        if any(frame.anchor == name for frame in self.stack) and name not in self.anchors:
            raise _Unreadable(
                place, Code.YAML_ALIAS, f"The alias '*{name}' stands inside what it names.", "Write the value out."
            )
        if name not in self.anchors:
            raise _Unreadable(
                place,
                Code.YAML_ALIAS,
                f"No anchor '&{shorten(name)}' stands before this alias.",
                f"Define it with '&{shorten(name)}' further up, or write the value out.",
            )
        node, weight, height = self.anchors[name]
        self._check_depth(place, height)
        self._close(node, weight, height, None, alias=place)

    def _close(self, node: Node, weight: int, height: int, anchor: str | None, alias: Place | None = None) -> None:
        """Hang a finished node into its parent. `alias` is the place of the alias that repeats it, if one does."""
        place = alias or node.place
        if not isinstance(node, ScalarNode) and alias is None:
            self.weight += 1
        else:
            self.weight += weight
        if self.weight > MAX_NODES:
            raise _Unreadable(
                place,
                Code.YAML_SIZE,
                f"More than {MAX_NODES:,} values, those repeated by aliases included.",
                "Shorten the file, or use fewer aliases inside aliases.",
            )
        if anchor:
            self.anchors[anchor] = (node, weight, height)
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        frame.weight += weight
        frame.height = max(frame.height, height + 1)
        if not frame.is_map:
            frame.items.append(node)
        elif frame.key is None:
            frame.key = self._key(node, place, frame)
        else:
            self._entry(frame, frame.key, node, place)
            frame.key = None

    def _key(self, node: Node, place: Place, frame: _Open) -> ScalarNode:
        if not isinstance(node, ScalarNode):
            raise _Unreadable(
                place,
                Code.YAML_KEY,
                f"A key must be a word, not {node.kind}.",
                "Quote it, or look for a stray '?' or '{'.",
            )
        if node.text in frame.keys and not (node.plain and node.text == "<<"):
            first = frame.keys[node.text]
            raise _Unreadable(
                place,
                Code.YAML_DUPLICATE_KEY,
                f"The key '{shorten(node.text)}' stands twice in one mapping, first at line {first.line}.",
                "Keep one of them.",
                node.text,
            )
        frame.keys[node.text] = place
        return ScalarNode(place, node.text, node.plain)

    def _entry(self, frame: _Open, key: ScalarNode, value: Node, place: Place) -> None:
        if not (key.plain and key.text == "<<"):
            frame.entries.append(Entry(key, value))
            return
        sources = value.items if isinstance(value, ListNode) else (value,)
        for source in sources:
            if not isinstance(source, MapNode):
                raise _Unreadable(
                    place, Code.YAML_ALIAS, f"'<<' merges mappings, not {source.kind}.", "Name an anchored mapping."
                )
            frame.merged.extend(source.entries)

    def _place(self, event: Event) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)


def _finish(frame: _Open) -> Node:
    if not frame.is_map:
        return ListNode(frame.place, tuple(frame.items))
    # A key of the mapping itself wins over a merged one, an earlier merged one over a later (YAML merge key type).
    entries = {entry.key.text: entry for entry in reversed(frame.merged)}
    own = {entry.key.text: entry for entry in frame.entries}
    kept = [entry for name, entry in reversed(entries.items()) if name not in own]
    return MapNode(frame.place, (*kept, *frame.entries))
