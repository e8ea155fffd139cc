"""Choose which address every source asks for every target, so that each namespace asks each address once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labs.errors import LabError
from labs.kernel.namespace import Namespace, identify
from labs.probes.matrix.values import End, Lane
from labs.probes.values import Address

_AMBIGUOUS = "{} is an address of other ends as well, so an answer would not tell whose it is"


@dataclass(frozen=True)
class Plan:
    """What to send. `chosen[source][target]` is an index into `targets`, or the reason why the pair cannot be measured.

    An end asks itself too (the diagonal): whether a listener answers at home is evidence for the others.
    """

    ends: tuple[End, ...]
    targets: tuple[Address, ...]
    lanes: tuple[Lane, ...]
    lane_of: tuple[Lane | None, ...]
    chosen: tuple[tuple[int | str, ...], ...]


def make(ends: Sequence[End], *, diagonal: bool) -> Plan:
    """Plan all pairs. A source prefers an address on a network it shares, else the first that means one end alone."""
    keys: list[Namespace | None] = []
    problems: list[str] = []
    for end in ends:
        key, problem = _identify(end)
        keys.append(key)
        problems.append(problem)
    targets, columns = _columns(ends, keys, problems)
    rows = tuple(
        tuple(column.choose(end) for column in columns) if key is not None else (problem,) * len(ends)
        for end, key, problem in zip(ends, keys, problems, strict=True)
    )
    lanes: dict[Namespace, Lane] = {}
    wanted: dict[Namespace, set[int]] = {}
    for source, (end, key, row) in enumerate(zip(ends, keys, rows, strict=True)):
        if key is None or end.namespace is None:
            continue
        lanes.setdefault(key, Lane(key, end.namespace, []))
        own = row if diagonal else row[:source] + row[source + 1 :]
        wanted.setdefault(key, set()).update(choice for choice in own if type(choice) is int)
    for key, lane in lanes.items():
        lane.wanted = sorted(wanted[key])
        lane.outcomes = [None] * len(targets)
    lane_of = tuple(lanes.get(key) if key is not None else None for key in keys)
    return Plan(tuple(ends), targets, tuple(lanes.values()), lane_of, rows)


def _identify(end: End) -> tuple[Namespace | None, str]:
    if end.namespace is None:
        return None, end.problem
    try:
        return identify(end.namespace), ""
    except LabError as error:
        return None, error.reason.rstrip(".")
    except OSError as error:
        return None, error.strerror or str(error)


class _Column:
    """One target's addresses, as indices."""

    def __init__(self, by_network: dict[str, int], otherwise: int | str) -> None:
        self.by_network = by_network
        self.otherwise = otherwise

    def choose(self, source: End) -> int | str:
        for reach in source.reaches:
            if reach.network in self.by_network:
                return self.by_network[reach.network]
        return self.otherwise


def _columns(
    ends: Sequence[End], keys: Sequence[Namespace | None], problems: Sequence[str]
) -> tuple[tuple[Address, ...], list[_Column]]:
    numbers: dict[Address, int] = {}
    holders: dict[Address, set[Namespace | None]] = {}
    for end, key in zip(ends, keys, strict=True):
        for reach in end.reaches:
            holders.setdefault(reach.address, set()).add(key)
    columns = []
    for end, key, problem in zip(ends, keys, problems, strict=True):
        if key is None:
            columns.append(_Column({}, f"{end.name}: {problem}"))
            continue
        by_network: dict[str, int] = {}
        otherwise: int | str | None = None
        for reach in end.reaches:
            number = numbers.setdefault(reach.address, len(numbers))
            by_network.setdefault(reach.network, number)
            if otherwise is None and len(holders[reach.address]) == 1:
                otherwise = number
        if otherwise is None:
            first = next((reach.address for reach in end.reaches), None)
            otherwise = f"{end.name} has no address to aim at" if first is None else _AMBIGUOUS.format(first)
        columns.append(_Column(by_network, otherwise))
    return tuple(numbers), columns
