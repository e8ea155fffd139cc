"""One probe asked for in a session, and its verdict once measured."""

from __future__ import annotations

from django.db import models

from labs.models.identifier import new_identifier
from labs.models.session import LabSession


class ProbeState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


class Protocol(models.TextChoices):
    ICMP = "icmp"
    TCP = "tcp"
    UDP = "udp"
    DNS = "dns"
    HTTP = "http"


class Verdict(models.TextChoices):
    REACHABLE = "reachable"
    REFUSED = "refused"
    REJECTED = "rejected"
    NO_ROUTE = "no_route"
    NO_REPLY = "no_reply"
    NAME_NOT_FOUND = "name_not_found"
    NOT_MEASURED = "not_measured"


class Probe(models.Model):
    """`source` is a target ("alpha/web"), `destination` a target, a name or an address; `rtts_ms` in sending order."""

    State = ProbeState
    Protocol = Protocol
    Verdict = Verdict

    id = models.CharField(primary_key=True, max_length=12, default=new_identifier, editable=False)
    session = models.ForeignKey(LabSession, on_delete=models.CASCADE, related_name="probes")
    source = models.CharField(max_length=200)
    destination = models.CharField(max_length=253)
    protocol = models.CharField(max_length=4, choices=Protocol.choices)
    port = models.PositiveIntegerField(null=True, blank=True)
    timeout_s = models.FloatField(default=2.0)
    state = models.CharField(max_length=7, choices=ProbeState.choices, default=ProbeState.QUEUED)
    verdict = models.CharField(max_length=14, choices=Verdict.choices, null=True, blank=True)
    rtts_ms = models.JSONField(default=list, blank=True)
    sentence = models.TextField(default="", blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["session", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.protocol} {self.source} → {self.destination} ({self.verdict or self.state})"
