"""The page's types and ours say the same: fields, what may be null, and the words of every closed list."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Union, get_args, get_origin, get_type_hints

import pytest

from labs.topology import wire

SOURCE = Path(__file__).parents[3] / "frontend" / "src" / "model" / "wire.ts"

PAIRS: dict[str, tuple[type, ...]] = {
    "HostNode": (wire.HostNode,),
    "NamespaceNode": (wire.NamespaceNode,),
    "InterfaceAddress": (wire.InterfaceAddress,),
    "Vxlan": (wire.VxlanData,),
    "InterfaceNode": (wire.InterfaceNode,),
    "PublishedPort": (wire.PublishedPort,),
    "ContainerNode": (wire.ContainerNode,),
    "NetworkNode": (wire.NetworkNode,),
    "WiredEdge": (wire.VethEdge, wire.PortEdge, wire.MacvlanEdge, wire.VxlanEdge),
    "MemberEdge": (wire.InsideEdge, wire.RealisedEdge),
    "AttachedEdge": (wire.AttachedEdge,),
    "LabEvent": (wire.Event,),
    "Upserts": (wire.Elements,),
    "SnapshotMessage": (wire.SnapshotMessage,),
    "DeltaMessage": (wire.DeltaMessage,),
    "ProgressMessage": (wire.ProgressMessage,),
    "StateMessage": (wire.StateMessage,),
}
"""TypeScript's interfaces with ours; where it has one for several of ours, they differ in their words only."""


@pytest.fixture(scope="module")
def source() -> str:
    text = re.sub(r"/\*.*?\*/", "", SOURCE.read_text(), flags=re.DOTALL)
    return re.sub(r"//.*", "", text)


def _fields(source: str, name: str) -> dict[str, str]:
    """Return the fields of an interface, inherited ones first, with their types as written."""
    found = re.search(rf"interface {name}(?: extends (\w+))? \{{\n(.*?)\n\}}", source, re.DOTALL)
    assert found is not None, f"{name} is missing in wire.ts"
    inherited = _fields(source, found[1]) if found[1] else {}
    return inherited | dict(re.findall(r"readonly (\w+): (.*?);$", found[2], re.MULTILINE))


def _words(source: str, written: str) -> set[str]:
    """Return the string literals of a type, those behind names of its own file included."""
    words = set(re.findall(r'"(\w+)"', written))
    for name in re.findall(r"\b[A-Z]\w+\b", written):
        alias = re.search(rf"type {name} =(.*?);", source, re.DOTALL)
        if alias is not None and '"' in alias[1] and "[" not in alias[1]:
            words |= set(re.findall(r'"(\w+)"', alias[1]))
    return words


def _literals(hint: object) -> Iterator[str]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    elif get_origin(hint) in (Union, types.UnionType):
        for part in get_args(hint):
            yield from _literals(part)


def _is_nullable(hint: object) -> bool:
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)


@pytest.mark.parametrize("name", PAIRS)
def test_fields_are_the_same(source: str, name: str) -> None:
    for ours in PAIRS[name]:
        assert {field.name for field in dataclasses.fields(ours)} == _fields(source, name).keys()


@pytest.mark.parametrize("name", PAIRS)
def test_same_fields_may_be_null(source: str, name: str) -> None:
    theirs = {field for field, written in _fields(source, name).items() if re.search(r"\| null\b", written)}
    for ours in PAIRS[name]:
        assert {field for field, hint in get_type_hints(ours).items() if _is_nullable(hint)} == theirs


@pytest.mark.parametrize("name", PAIRS)
def test_closed_lists_have_the_same_words(source: str, name: str) -> None:
    words: dict[str, set[str]] = {}
    for ours in PAIRS[name]:
        for field, hint in get_type_hints(ours).items():
            words.setdefault(field, set()).update(_literals(hint))
    for field, written in _fields(source, name).items():
        assert _words(source, written) == words[field], field


def test_every_class_that_travels_has_its_pair() -> None:
    nested = {wire.Removed}  # written in place in TypeScript
    ours = {
        found
        for found in vars(wire).values()
        if isinstance(found, type) and dataclasses.is_dataclass(found) and found.__module__ == wire.__name__
    }
    assert ours == {pair for pairs in PAIRS.values() for pair in pairs} | nested
