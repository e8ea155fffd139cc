"""What a matrix asks and what it finds. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from labs.kernel.namespace import Namespace
from labs.probes.values import Address, Evidence, Finding, Protocol, Verdict

PROTOCOLS = (Protocol.ICMP, Protocol.TCP, Protocol.UDP)


@dataclass(frozen=True)
class Reach:
    """An address of an end, and the network it is on: two ends with an equal `network` share it."""

    network: str
    address: Address


@dataclass(frozen=True)
class End:
    """A source and a target. `reaches` come in the order in which strangers should try them.

    `namespace` is a descriptor of a network namespace or a trusted path to one; None for an end that cannot be
    measured, and `problem` then says why, in words that follow "could not run:".
    """

    name: str
    namespace: int | str | Path | None
    reaches: tuple[Reach, ...] = ()
    problem: str = "it has no network namespace"


@dataclass(frozen=True)
class MatrixRequest:
    """One question for all pairs. TCP and UDP require `port`; `timeout_s` is the time of each pair, and of all."""

    protocol: Protocol
    port: int | None = None
    timeout_s: float = 1.0


@dataclass(frozen=True)
class Cell:
    """The answer for one pair. `rtt_ms` is None unless the verdict is reachable."""

    source: str
    target: str
    verdict: Verdict
    rtt_ms: float | None
    sentence: str
    evidence: Evidence


Outcome = float | Finding | None
"""What one address did for one lane: the time of its answer in milliseconds, a finding, or nothing yet."""


@dataclass
class Lane:
    """All there is to measure from one namespace.

    `wanted` are numbers of the plan's targets; `outcomes` has one place for each target of the plan.
    """

    key: Namespace
    namespace: int | str | Path
    wanted: list[int]
    outcomes: list[Outcome] = field(default_factory=list)

    def silent(self) -> list[int]:
        """Return the targets wanted that have no outcome yet."""
        outcomes = self.outcomes
        return [target for target in self.wanted if outcomes[target] is None]

    def settle(self, target: int, outcome: Outcome) -> None:
        """Note the first outcome; an answer outdoes an error that came before it."""
        had = self.outcomes[target]
        if had is None or (isinstance(outcome, float) and not isinstance(had, float)):
            self.outcomes[target] = outcome
