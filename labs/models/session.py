"""One learner's running lab, with an expiry.

The state moves by compare-and-set alone (`move`), so that two workers, a redelivered task and the learner's
own click may meet without a lost update:

    queued ──► launching ──► running ──► stopping ──► stopped
       │           └──► failed ◄─┘           └──► queued   (when `restart` is set: a reset)
       └──► stopped | failed
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils import timezone

from labs.models.identifier import new_identifier


class State(models.TextChoices):
    QUEUED = "queued"
    LAUNCHING = "launching"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


LIVE = (State.QUEUED, State.LAUNCHING, State.RUNNING, State.STOPPING)
"""States in which a session may own something on a machine, or soon will."""


class LabSession(models.Model):
    """`hosts` is a list of {"name", "address"}; `failed_object` is None or {"kind", "name", "host"}.

    `reason` says, in a sentence for the learner, why the session failed or was stopped for them. `progress_*` describe
    the last step that finished: `done` of `total` in `stage`.
    """

    State = State

    id = models.CharField(primary_key=True, max_length=12, default=new_identifier, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lab_sessions")
    lab = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    restart = models.BooleanField(default=False)
    progress_stage = models.CharField(max_length=20, default="", blank=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    progress_text = models.CharField(max_length=300, default="", blank=True)
    reason = models.TextField(null=True, blank=True)
    failed_object = models.JSONField(null=True, blank=True)
    machine = models.CharField(max_length=63, default="", blank=True)
    hosts = models.JSONField(default=list, blank=True)
    minutes = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["owner", "state"]), models.Index(fields=["state", "expires_at"])]

    def __str__(self) -> str:
        return f"{self.id} ({self.lab}, {self.state})"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


def move(session: str, before: Iterable[State], after: State, **fields: object) -> bool:
    """Set the state, and `fields` with it, if the session is in one of `before`; return whether it was."""
    changed = LabSession.objects.filter(id=session, state__in=list(before)).update(
        state=after, changed_at=timezone.now(), **fields
    )
    return changed == 1
