"""The answers of a matrix: kept compact while measuring, made into cells when looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from labs.probes import wording
from labs.probes.matrix.listener import Listeners
from labs.probes.matrix.plan import Plan
from labs.probes.matrix.values import Cell, MatrixRequest
from labs.probes.values import Evidence, Finding, ProbeRequest, Protocol, Verdict


class Grid:
    """All pairs of different ends, sources in order, targets in order within.

    `full` is the limit of the machine's neighbour table if it was full meanwhile: then silence says nothing.
    """

    def __init__(self, plan: Plan, request: MatrixRequest) -> None:
        self.plan = plan
        self.request = request
        self.full: int | None = None
        self.took_ms = 0.0
        self._listeners = Listeners(request.protocol, request.port or 0)

    def cells(self) -> Iterator[Cell]:
        """Yield every cell. Those of TCP and UDP that failed cost a look into the target's namespace, once for each."""
        for source in range(len(self.plan.ends)):
            for target in range(len(self.plan.ends)):
                if source != target:
                    yield self.cell(source, target)

    def cell(self, source: int, target: int) -> Cell:
        """Return the cell of two ends by their numbers."""
        request, ends = self.request, self.plan.ends
        finding = self.finding(source, target)
        question = ProbeRequest(ends[target].name, request.protocol, request.port, request.timeout_s)
        text = wording.sentence(ends[source].name, question, finding)
        rtt = round(finding.rtts_ms[0], 3) if finding.rtts_ms else None
        return Cell(ends[source].name, ends[target].name, finding.verdict, rtt, text, finding.evidence)

    def finding(self, source: int, target: int) -> Finding:
        """Return what was found for two ends, as a single probe would put it."""
        choice, lane = self.plan.chosen[source][target], self.plan.lane_of[source]
        if isinstance(choice, str) or lane is None:
            return Finding(Verdict.NOT_MEASURED, Evidence(detail=str(choice)))
        evidence = Evidence(address=str(self.plan.targets[choice]), port=self.request.port)
        outcome = lane.outcomes[choice]
        if isinstance(outcome, float):
            return Finding(Verdict.REACHABLE, evidence, (outcome,))
        if outcome is None:
            outcome = Finding(Verdict.NO_REPLY, evidence)
        if self.full is not None and _may_be_for_want_of_a_neighbour(outcome):
            return Finding(Verdict.NOT_MEASURED, replace(outcome.evidence, detail=self._fullness()))
        if self.request.protocol is not Protocol.ICMP and outcome.verdict in (Verdict.NO_REPLY, Verdict.REFUSED):
            return self._with_listener(outcome, target, choice)
        return outcome

    def _with_listener(self, finding: Finding, target: int, choice: int) -> Finding:
        lane = self.plan.lane_of[target]
        if lane is None:
            return finding
        own = lane.outcomes[choice]
        # Silence of a UDP service to itself is no sign: many answer only what they understand.
        itself = isinstance(own, float) or (None if own is None and self.request.protocol is Protocol.UDP else False)
        if choice not in lane.wanted:
            itself = None
        listener = self._listeners.of(lane, self.plan.targets[choice], answers_itself=itself)
        return replace(finding, evidence=replace(finding.evidence, listener=listener))

    def _fullness(self) -> str:
        return (
            f"the machine's neighbour table was full, so packets of any namespace may have been lost: all namespaces "
            f"together may hold {self.full} neighbours (sysctl net.ipv4.neigh.default.gc_thresh3, "
            f"net.ipv6.neigh.default.gc_thresh3)"
        )

    def counts(self) -> dict[str, int]:
        """Return how many cells have each verdict; verdicts that none has are left out."""
        numbers = range(len(self.plan.ends))
        found = Counter(self.finding(one, other).verdict.value for one in numbers for other in numbers if one != other)
        return dict(found)


def _may_be_for_want_of_a_neighbour(found: Finding) -> bool:
    """Tell whether a full neighbour table, here, at the target or on the way, could be all there is to it."""
    if found.verdict is Verdict.NO_REPLY or found.evidence.errno == "ENOBUFS":
        return True
    icmp = found.evidence.icmp
    return icmp is not None and icmp.name in ("host unreachable", "address unreachable")
