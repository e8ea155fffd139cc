"""Compose's `$NAME` and `${NAME…}` with an empty environment, as `docker compose config` has them in a bare shell.

Source: Compose specification, "Interpolation".
"""

from __future__ import annotations

import re
from typing import Final

from labs.specs.node import Entry, ListNode, MapNode, Node, ScalarNode
from labs.specs.problem import Code, Place, Report

_START: Final = re.compile(r"\$(?:(?P<escaped>\$)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<brace>\{))")
_BRACED: Final = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<operator>:?[-?+])?")
_MAX_NESTING: Final = 8

_REMEDY: Final = "Write '$$' for a plain dollar sign, or ${NAME:-default}."


class _Malformed(Exception):
    """The text holds a '$' that begins nothing."""


class _Required(Exception):
    """`${NAME:?message}` demands a variable, and there are none."""


def interpolate(node: Node, report: Report) -> Node:
    """Return the tree with every variable in its values replaced. Keys stay as they are, as in Compose."""
    if isinstance(node, ListNode):
        return ListNode(node.place, tuple(interpolate(item, report) for item in node))
    if isinstance(node, MapNode):
        return MapNode(node.place, tuple(Entry(entry.key, interpolate(entry.value, report)) for entry in node))
    if "$" not in node.text:
        return node
    return ScalarNode(node.place, _expand(node.text, node.place, report), node.plain)


def _expand(text: str, place: Place, report: Report) -> str:
    unset: list[str] = []
    try:
        expanded = _replace(text, unset, 0)
    except _Malformed:
        report.error(place, Code.INTERPOLATION, "A '$' here begins no variable.", found=text, remedy=_REMEDY)
        return text
    except _Required as error:
        report.error(
            place,
            Code.INTERPOLATION,
            f"{error} A lab starts with no variables set.",
            found=text,
            remedy="Write the value itself, or ${NAME:-default}.",
        )
        return text
    for name in unset:
        report.warning(
            place,
            Code.VARIABLE_UNSET,
            f"The variable {name} is not set and becomes empty text: a lab starts with no variables.",
            found=text,
            remedy=f"Write the value itself, or ${{{name}:-default}}; '$${name}' leaves it to the container's shell.",
        )
    return expanded


def _replace(text: str, unset: list[str], depth: int) -> str:
    if depth > _MAX_NESTING:
        raise _Malformed
    parts: list[str] = []
    position = 0
    while (dollar := text.find("$", position)) >= 0:
        parts.append(text[position:dollar])
        match = _START.match(text, dollar)
        if match is None:
            raise _Malformed
        position = match.end()
        if match["escaped"]:
            parts.append("$")
        elif match["name"]:
            unset.append(match["name"])
        else:
            end = _closing_brace(text, position)
            parts.append(_braced(text[position:end], unset, depth))
            position = end + 1
    parts.append(text[position:])
    return "".join(parts)


def _closing_brace(text: str, start: int) -> int:
    depth = 1
    for index in range(start, len(text)):
        if text[index] == "{" and text[index - 1] == "$":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    raise _Malformed


def _braced(inside: str, unset: list[str], depth: int) -> str:
    match = _BRACED.match(inside)
    if match is None:
        raise _Malformed
    operator, rest = match["operator"], inside[match.end() :]
    if operator is None:
        if rest:
            raise _Malformed
        unset.append(match["name"])
        return ""
    if operator.endswith("-"):
        return _replace(rest, unset, depth + 1)
    if operator.endswith("?"):
        raise _Required(f"The variable {match['name']} is required: {rest or 'it must be set'}.")
    return ""
