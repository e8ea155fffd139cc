"""The order services start in: each after those it waits for, otherwise as written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from labs.specs.problem import Code, Report
from labs.specs.value import Located

S = TypeVar("S")


def ordered(
    services: Mapping[str, S], waits_for: Mapping[str, Sequence[Located[str]]], report: Report
) -> tuple[S, ...] | None:
    """Return the services in starting order, or None after reporting a circle. Names not in `services` do not count.

    Walks depth first with a stack of its own: a chain of a thousand services is no deeper than a short one.
    """
    done: dict[str, S] = {}
    for start in services:
        path: dict[str, int] = {}
        if start not in done:
            path[start] = 0
        while path:
            name = next(reversed(path))
            before = waits_for[name]
            if path[name] == len(before):
                done[name] = services[name]
                del path[name]
                continue
            wanted = before[path[name]]
            path[name] += 1
            if wanted.value in path:
                _report_circle(list(path), wanted, report)
                return None
            if wanted.value in services and wanted.value not in done:
                path[wanted.value] = 0
    return tuple(done.values())


def _report_circle(path: list[str], closing: Located[str], report: Report) -> None:
    circle = [*path[path.index(closing.value) :], closing.value]
    itself = len(circle) == 2
    report.error(
        closing.place,
        Code.CIRCLE,
        f"'{closing.value}' waits for itself."
        if itself
        else f"These services wait for each other in a circle: {' → '.join(circle)}.",
        found=closing.value,
        remedy="Delete it." if itself else "Delete one 'depends_on' or 'network_mode' of the circle.",
    )
