"""Stand-ins for Redis: a stream and a task queue that live in this process."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from celery import Celery
from django.conf import settings
from redis import ConnectionError as RedisConnectionError


class LocalStream:
    """`labs.live.stream.Stream` without a server."""

    def __init__(self) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.told: list[tuple[str, str]] = []

    def publish(self, session: str, message: Mapping[str, object]) -> int:
        kept = self.messages[session]
        kept.append({"sequence": len(kept) + 1, "session": session, "at": 0.0, **message})
        return len(kept)

    def after(self, session: str, sequence: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        return [message for message in self.messages[session] if message["sequence"] > sequence][:limit]

    def snapshot(self, session: str) -> dict[str, Any] | None:
        return self.snapshots.get(session)

    def tell_observer(self, kind: str, session: str, *, machine_name: str | None = None) -> None:
        self.told.append((kind, session))

    def states(self, session: str) -> list[str]:
        """Return the states that were published, in order."""
        return [message["state"] for message in self.messages[session] if message["type"] == "state"]


class GoneStream(LocalStream):
    """A stream whose Redis does not answer."""

    def publish(self, session: str, message: Mapping[str, object]) -> int:
        raise RedisConnectionError("no such socket")

    def after(self, session: str, sequence: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        raise RedisConnectionError("no such socket")


class LocalQueue(Celery):
    """A Celery application whose broker is this process's memory."""

    def __init__(self) -> None:
        super().__init__("tests", broker="memory://", set_as_current=False)
        self.conf.task_create_missing_queues = True
        self.conf.task_default_queue = "default"

    def take(self, queue: str = "default") -> list[tuple[str, list[str]]]:
        """Return the tasks queued and not taken before, as name and arguments."""
        found = []
        with self.connection_for_read() as connection:
            channel: Any = connection.default_channel  # kombu's stubs leave out what a channel does
            channel.queue_declare(queue)
            while (message := channel.basic_get(queue, no_ack=True)) is not None:
                body = message.decode() if hasattr(message, "decode") else json.loads(message.body)
                found.append((str(message.headers["task"]).removeprefix("labs.tasks."), list(body[0])))
        return found


class GoneQueue(Celery):
    """A Celery application whose broker does not answer."""

    def __init__(self) -> None:
        super().__init__("tests", broker="redis+socket:///nonexistent/redis.sock", set_as_current=False)
        self.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
