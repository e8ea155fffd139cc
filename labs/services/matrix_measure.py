"""Measure a queued matrix on the session's machine and write it down. Worker only."""

from __future__ import annotations

from collections import Counter

from labs.errors import LabError
from labs.hosts import host as hosts
from labs.models import Matrix
from labs.models.probe import ProbeState
from labs.probes.matrix import matrix as measuring
from labs.probes.matrix.values import Cell, MatrixRequest
from labs.probes.values import Protocol, Verdict
from labs.services import matrix_end
from labs.services.matrix_request import conclude
from labs.services.probe_end import Ends

MOST_ENDS = 150
"""More make an answer that no page shows and no database row should hold."""


class TooManyEnds(LabError):
    """The session has more ends than one matrix holds. Facts: `ends`, `most`."""

    code = "too_many_ends"


def measure(identifier: str) -> None:
    """Measure once. A matrix taken up before, by a worker that died, is measured again; a concluded one is not."""
    Matrix.objects.filter(id=identifier, state=ProbeState.QUEUED).update(state=ProbeState.RUNNING)
    row = Matrix.objects.filter(id=identifier, state=ProbeState.RUNNING).first()
    if row is None:
        return
    try:
        _measure(row)
    except LabError as error:
        conclude(row.id, reason=f"Not measured: {error.reason}")
    except BaseException:
        conclude(row.id, reason="Not measured: Netquarium made a mistake; its log tells more.")
        raise


def _measure(row: Matrix) -> None:
    known = Ends(row.session_id, hosts.running(row.session_id))
    with matrix_end.of_session(known, row.wanted) as ends:
        if len(ends) > MOST_ENDS:
            reason = f"There are {len(ends)} ends, more than the {MOST_ENDS} of one matrix: name the endpoints."
            raise TooManyEnds(reason, ends=len(ends), most=MOST_ENDS)
        grid = measuring.measure_until(
            [one.end for one in ends],
            MatrixRequest(Protocol(row.protocol), row.port, row.timeout_s),
            lambda cell: cell.verdict is Verdict.REACHABLE,
            within_s=row.settle_s,
        )
        cells = [_shown(cell) for cell in grid.cells()]
        conclude(
            row.id,
            ends=[one.as_dict() for one in ends],
            cells=cells,
            counts=dict(Counter(str(cell["verdict"]) for cell in cells)),
            took_ms=grid.took_ms,
        )


def _shown(cell: Cell) -> dict[str, object]:
    return {
        "from": cell.source,
        "to": cell.target,
        "verdict": cell.verdict.value,
        "rtt_ms": cell.rtt_ms,
        "sentence": cell.sentence,
        "evidence": cell.evidence.as_dict(),
    }
