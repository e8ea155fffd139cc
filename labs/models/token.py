"""Bearer tokens. Only a hash is kept: the token itself is shown once, when it is made."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PREFIX = "nq_"


class Scope(models.TextChoices):
    """What a token may do, within what its user may do."""

    LEARNER = "learner", "own sessions"
    GRADER = "grader", "own sessions; commands in any session"
    INSTRUCTOR = "instructor", "own sessions and courses"
    ADMIN = "admin", "everything its user may do"


class Token(models.Model):
    """A token's SHA-256 is its key: the token holds 240 random bits, so neither salt nor a slow hash is needed."""

    Scope = Scope

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, default="", blank=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name or 'token'} of {self.user_id} ({', '.join(self.scopes)})"


def digest(text: str) -> str:
    """Return the hex SHA-256 under which a token is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def issue(
    user: User, scopes: Iterable[Scope], *, name: str = "", expires_at: datetime | None = None
) -> tuple[Token, str]:
    """Make a token; the second value is its text, which exists nowhere else."""
    text = PREFIX + secrets.token_urlsafe(30)
    ordered = [str(scope) for scope in Scope if scope in set(scopes)]
    row = Token.objects.create(user=user, name=name, digest=digest(text), scopes=ordered, expires_at=expires_at)
    return row, text


def recognise(text: str) -> Token | None:
    """Return the live token with this text, its active user loaded, or None.

    `used_at` is kept to the minute: a write per request would cost more than the request.
    """
    if not text.startswith(PREFIX):
        return None
    token = Token.objects.select_related("user").filter(digest=digest(text), user__is_active=True).first()
    now = timezone.now()
    if token is None or (token.expires_at is not None and token.expires_at <= now):
        return None
    if token.used_at is None or (now - token.used_at).total_seconds() > 60:
        Token.objects.filter(id=token.id).update(used_at=now)
    return token
