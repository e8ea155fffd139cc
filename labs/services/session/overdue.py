"""What is late by the rows alone: sessions past their time, and requests whose task was lost. Runs on any machine."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from labs.models import Matrix, Probe
from labs.models.probe import ProbeState, Verdict
from labs.models.session import LIVE, LabSession, State
from labs.services import matrix_request, probe_request, queue
from labs.services.errors import QueueUnavailable
from labs.services.session import request

logger = logging.getLogger(__name__)

RESEND_AFTER_S = 30
"""A task not taken up by then may be lost, as after a crash of Redis; tasks bear being sent twice."""

PROBE_LOST_AFTER_S = 60
MATRIX_LOST_AFTER_S = 120

EXPIRED = "The session's time was up."


def expire() -> None:
    """Stop every session past its expiry."""
    late = LabSession.objects.filter(
        state__in=[State.QUEUED, State.LAUNCHING, State.RUNNING], expires_at__lt=timezone.now()
    )
    for session in late.values_list("id", flat=True):
        try:
            request.stop(session, reason=EXPIRED)
        except QueueUnavailable:
            logger.warning("session %s: its stop will be sent again", session)


def resend() -> None:
    """Send lost launches again, end lost probes and matrices, and have every machine with live sessions swept.

    Raises: QueueUnavailable.
    """
    before = timezone.now() - timedelta(seconds=RESEND_AFTER_S)
    for session in LabSession.objects.filter(state=State.QUEUED, changed_at__lt=before).values_list("id", flat=True):
        queue.send("launch", session)
    machines = set(LabSession.objects.filter(state__in=LIVE).exclude(machine="").values_list("machine", flat=True))
    for machine in sorted(machines | {settings.MACHINE}):
        queue.send("sweep", machine=machine)
    lost = timezone.now() - timedelta(seconds=PROBE_LOST_AFTER_S)
    for probe in Probe.objects.exclude(state=ProbeState.DONE).filter(created_at__lt=lost).values_list("id", flat=True):
        probe_request.conclude(
            probe, Verdict.NOT_MEASURED, sentence="Not measured: no worker took the probe up in time."
        )
    lost = timezone.now() - timedelta(seconds=MATRIX_LOST_AFTER_S)
    unfinished = Matrix.objects.exclude(state=ProbeState.DONE).filter(created_at__lt=lost)
    for matrix in unfinished.values_list("id", flat=True):
        matrix_request.conclude(matrix, reason="Not measured: no worker took the matrix up in time.")
