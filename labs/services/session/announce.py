"""Tell those who watch a session what became of it.

Announcing never fails the work announced: the row is the truth, the stream its echo. While Redis is away the page is
told less, and reads the row when it reconnects.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Literal

import redis

from labs.live import stream
from labs.models.session import LabSession

logger = logging.getLogger(__name__)


def state(session: str) -> None:
    """Publish the state the row has now."""
    row = LabSession.objects.filter(id=session).values("state", "reason").first()
    if row is not None:
        _publish(session, {"type": "state", "state": row["state"], "reason": row["reason"]})


def progress(session: str, stage: str, done: int, total: int, text: str) -> None:
    """Publish one step of a launch."""
    _publish(session, {"type": "progress", "stage": stage, "done": done, "total": total, "text": text})


def observer(kind: Literal["watch", "forget"], session: str, machine: str) -> None:
    """Tell the machine's observer to begin or end watching the session."""
    try:
        stream.default_stream().tell_observer(kind, session, machine_name=machine)
    except redis.RedisError as error:
        logger.warning("session %s: the observer was not told to %s: %s", session, kind, error)


def _publish(session: str, message: Mapping[str, object]) -> None:
    try:
        stream.publish(session, message)
    except redis.RedisError as error:
        logger.warning("session %s: %s was not published: %s", session, message["type"], error)
