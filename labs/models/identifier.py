"""Ids that travel in URLs, box names and Redis keys: twelve lower-case hex digits, never a counter."""

from __future__ import annotations

import secrets


def new_identifier() -> str:
    """Return 48 random bits as 12 hex digits: short enough for interface and box names, too many to guess."""
    return secrets.token_hex(6)
