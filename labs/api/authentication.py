"""Who calls: a bearer token, or the session cookie with its CSRF token; and with which scopes."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from labs.api.problems import Forbidden
from labs.models import LabSession
from labs.models.token import Scope, recognise
from labs.services import access


@dataclass(frozen=True)
class Caller:
    """The user behind a request. `scopes` is None for a cookie session, which may do all its user may."""

    user: User
    scopes: frozenset[Scope] | None

    @property
    def is_staff(self) -> bool:
        """Staff may do everything to every session, unless they came with a token that says less."""
        return self.user.is_staff and (self.scopes is None or Scope.ADMIN in self.scopes)

    @property
    def is_grader(self) -> bool:
        """A grader's token reads every session and runs commands in it."""
        return self.scopes is not None and (
            Scope.GRADER in self.scopes or (Scope.ADMIN in self.scopes and self.is_staff)
        )

    def session(self, identifier: str) -> LabSession:
        """Return a session the caller may read. Raises SessionNotFound."""
        return access.session(self.user, identifier, all_of_them=self.is_staff or self.is_grader)

    def session_to_change(self, identifier: str) -> LabSession:
        """Return a session the caller may stop, extend, reset and probe. Raises SessionNotFound, Forbidden."""
        row = self.session(identifier)
        if row.owner_id != self.user.pk and not self.is_staff:
            raise Forbidden("A grader's token reads this session and runs commands in it, no more.")
        return row

    def session_to_command(self, identifier: str) -> LabSession:
        """Return a session in which the caller may run commands: their own, or any for a grader's token.

        Raises: SessionNotFound, Forbidden.
        """
        row = self.session(identifier)
        if row.owner_id != self.user.pk and not self.is_grader:
            raise Forbidden("Only the owner, or a token with scope grader, runs commands in a session.")
        return row

    def session_to_enter(self, identifier: str) -> LabSession:
        """Return a session in which the caller may open a shell: their own. Raises SessionNotFound, Forbidden."""
        row = self.session(identifier)
        if row.owner_id != self.user.pk:
            raise Forbidden("Only the owner opens a terminal in a session.")
        return row


class BearerToken(HttpBearer):
    openapi_description = "A token from ./nq token or POST /api/v1/tokens/"

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """Return the caller, or None for a token unknown, expired or of an inactive user."""
        found = recognise(token)
        if found is None:
            return None
        request.user = found.user
        return Caller(found.user, frozenset(Scope(name) for name in found.scopes))


class SessionCookie(SessionAuth):
    def __call__(self, request: HttpRequest) -> Caller | None:
        """Return the caller. Someone without a login is told so before any CSRF check."""
        if "Authorization" in request.headers or not request.user.is_authenticated:
            return None
        caller: Caller | None = super().__call__(request)
        return caller

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:  # noqa: ARG002  # ninja's signature
        """Return the caller when a login stands behind the cookie."""
        return Caller(request.user, None) if isinstance(request.user, User) else None


def caller(request: HttpRequest) -> Caller:
    """Return who calls; for use in routes that require authentication."""
    found = getattr(request, "auth", None)
    assert isinstance(found, Caller)
    return found
