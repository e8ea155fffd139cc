"""One matrix asked for in a session: every pair of its ends, and their verdicts once measured."""

from __future__ import annotations

from django.db import models

from labs.models.identifier import new_identifier
from labs.models.probe import ProbeState, Protocol
from labs.models.session import LabSession


class Matrix(models.Model):
    """`wanted` are the names asked for, empty for all; `ends`, `cells` and `counts` are as the API shows them.

    `reason` says why nothing at all was measured; it is None otherwise.
    """

    State = ProbeState

    id = models.CharField(primary_key=True, max_length=12, default=new_identifier, editable=False)
    session = models.ForeignKey(LabSession, on_delete=models.CASCADE, related_name="matrices")
    protocol = models.CharField(max_length=4, choices=Protocol.choices)
    port = models.PositiveIntegerField(null=True, blank=True)
    timeout_s = models.FloatField(default=1.0)
    settle_s = models.FloatField(default=0.0)
    wanted = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=7, choices=ProbeState.choices, default=ProbeState.QUEUED)
    reason = models.TextField(null=True, blank=True)
    ends = models.JSONField(default=list, blank=True)
    cells = models.JSONField(default=list, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    took_ms = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["session", "-created_at"])]
        verbose_name_plural = "matrices"

    def __str__(self) -> str:
        return f"{self.protocol} matrix of {self.session_id} ({self.state})"
