"""Who may open a websocket: the same people who may read the session over REST, and no other site's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.http.request import split_domain_port, validate_host

from labs.errors import LabError
from labs.models.session import LabSession
from labs.models.token import Scope, recognise
from labs.services import access
from labs.services.errors import SessionNotFound

UNKNOWN_CALLER = 4401
FORBIDDEN = 4403
NOT_FOUND = 4404
TRY_AGAIN_LATER = 1013
"""RFC 6455 and the IANA registry of close codes; 44xx are ours, after the HTTP statuses."""


class Refused(LabError):
    """A websocket is refused. `close_code` tells the browser whether trying again can help (below 4400: it can)."""

    code = "websocket_refused"

    def __init__(self, close_code: int, reason: str) -> None:
        super().__init__(reason)
        self.close_code = close_code


def query(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the query parameters of the connection's URL, the last of each name."""
    return {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}


def check_origin(scope: Mapping[str, Any]) -> None:
    """Refuse other sites' pages: browsers send cookies along with any page's websockets (RFC 6455, section 10.2).

    A page's origin must be the host it connects to, or a trusted origin. Programs that are no browsers send none.
    Raises: Refused.
    """
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1").lower()
    # The host is checked too: a name that a stranger made point here would be its own page's origin (DNS rebinding).
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]):
        raise Refused(FORBIDDEN, "This server does not answer to that name.")
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if origin and urlsplit(origin).netloc != host and origin not in settings.CSRF_TRUSTED_ORIGINS:
        raise Refused(FORBIDDEN, "Pages of other sites may not connect.")


@database_sync_to_async
def readable_session(scope: Mapping[str, Any], identifier: str) -> LabSession:
    """Return the session if the connection's token or cookie may read it. Raises: Refused."""
    headers = dict(scope["headers"])
    scheme, _, bearer = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    text = bearer.strip() if scheme.lower() == "bearer" else query(scope).get("token", "")
    user, sees_all = _of_token(text) if text else _of_cookie(scope)
    try:
        return access.session(user, identifier, all_of_them=sees_all)
    except SessionNotFound as error:
        raise Refused(NOT_FOUND, error.reason) from error


def _of_token(text: str) -> tuple[User, bool]:
    """Return the token's user and whether it reads every session: a grader's does, and staff's if it says so."""
    token = recognise(text)
    if token is None:
        raise Refused(UNKNOWN_CALLER, "The token is not valid.")
    return token.user, Scope.GRADER in token.scopes or (token.user.is_staff and Scope.ADMIN in token.scopes)


def _of_cookie(scope: Mapping[str, Any]) -> tuple[User, bool]:
    user = scope.get("user")
    if not isinstance(user, User) or not user.is_active:
        raise Refused(UNKNOWN_CALLER, "Log in first.")
    if b"origin" not in dict(scope["headers"]):
        raise Refused(FORBIDDEN, "A cookie alone, from no page, is not enough: use a token.")
    return user, user.is_staff
