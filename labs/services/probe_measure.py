"""Measure a queued probe on the session's machine and write down the verdict. Worker only."""

from __future__ import annotations

import logging

from labs.errors import LabError
from labs.hosts import host as hosts
from labs.models import Probe
from labs.models.probe import ProbeState, Verdict
from labs.probes import probe as probing
from labs.services.probe_end import Ends
from labs.services.probe_request import conclude

logger = logging.getLogger(__name__)


def measure(identifier: str) -> None:
    """Measure once. A probe taken up before, by a worker that died, is measured again; one with a verdict is not."""
    Probe.objects.filter(id=identifier, state=ProbeState.QUEUED).update(state=ProbeState.RUNNING)
    row = Probe.objects.filter(id=identifier, state=ProbeState.RUNNING).first()
    if row is None:
        return
    try:
        ends = Ends(row.session_id, hosts.running(row.session_id))
        to = ends.destination(row.destination, row.source)
        question = probing.ProbeRequest(
            to=to, protocol=probing.Protocol(row.protocol), port=row.port, timeout_s=row.timeout_s
        )
        with ends.source(row.source) as source:
            result = probing.probe(source, question)
    except LabError as error:
        conclude(row.id, Verdict.NOT_MEASURED, sentence=f"Not measured: {error.reason}", evidence={"code": error.code})
        return
    except BaseException:
        conclude(row.id, Verdict.NOT_MEASURED, sentence="Not measured: Netquarium made a mistake; its log tells more.")
        raise
    evidence = result.evidence.as_dict() | {"took_ms": result.took_ms}
    conclude(
        row.id,
        Verdict(result.verdict.value),
        sentence=result.sentence,
        rtts_ms=list(result.rtts_ms),
        evidence=evidence,
    )
