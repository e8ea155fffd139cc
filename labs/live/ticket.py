"""Signed one-use tickets: the only thing the observer obeys.

A ticket *is* the request: its claims name the operation and all its arguments, so reaching the observer's socket is
worth nothing without the key. Form: `<claims>.<signature>`, both base64url without padding; the claims are JSON with
an expiry and a nonce, the signature HMAC-SHA-256 over their encoded form. One use is enforced by `spend`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

import redis.asyncio

from labs.live.errors import TicketRefused

LIFETIME_S: Final = 30.0

Claims = dict[str, Any]  # a decoded JSON object; each operation checks its own fields


def derive_key(secret: str) -> bytes:
    """Return the ticket key of an installation, from its secret key."""
    return hmac.digest(secret.encode(), b"netquarium observer ticket", "sha256")


def issue(key: bytes, claims: Mapping[str, object], *, lifetime_s: float = LIFETIME_S) -> str:
    """Sign the claims. `expires` (seconds since the epoch) and `nonce` are added."""
    body = {**claims, "expires": time.time() + lifetime_s, "nonce": secrets.token_urlsafe(16)}
    payload = _encode(json.dumps(body, separators=(",", ":")).encode())
    return f"{payload}.{_sign(key, payload)}"


def read(key: bytes, ticket: str) -> Claims:
    """Return the claims of a ticket that we signed and that has not expired.

    Raises: TicketRefused.
    """
    payload, _, signature = ticket.partition(".")
    if not hmac.compare_digest(_sign(key, payload).encode(), signature.encode()):
        raise TicketRefused("The ticket is not valid.")
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError) as error:
        raise TicketRefused("The ticket is not valid.") from error
    if not isinstance(claims, dict) or not isinstance(claims.get("nonce"), str):
        raise TicketRefused("The ticket is not valid.")
    if float(claims.get("expires", 0)) < time.time():
        raise TicketRefused("The ticket has expired: ask for a new one.")
    return claims


async def spend(connection: redis.asyncio.Redis, claims: Claims) -> None:
    """Mark the ticket as used, everywhere.

    Raises: TicketRefused if it was used before; `redis.RedisError` if that cannot be known.
    """
    lifetime_s = max(1, int(float(claims["expires"]) - time.time()) + 2)
    if not await connection.set(f"ticket:{claims['nonce']}", 1, nx=True, ex=lifetime_s):
        raise TicketRefused("The ticket was used already: ask for a new one.")


def _sign(key: bytes, payload: str) -> str:
    return _encode(hmac.digest(key, payload.encode("utf-8", "surrogatepass"), hashlib.sha256))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
