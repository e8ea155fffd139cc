"""Wake whoever waits for the end of some work: the worker rings, the web process sleeps in Redis."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import redis
from django.conf import settings

_KEPT_S = 60


def ring(key: str) -> None:
    """Wake one who waits, or the next who will within a minute. Without Redis, who waits looks when the wait ends."""
    with suppress(redis.RedisError), client().pipeline(transaction=True) as pipeline:
        pipeline.rpush(key, "done")
        pipeline.expire(key, _KEPT_S)
        pipeline.execute()


def wait(key: str, seconds: float) -> None:
    """Sleep until the bell rings or the time is up; without Redis not at all, and the caller's caller polls."""
    with suppress(redis.RedisError):
        client().blpop([key], timeout=seconds)


@cache
def client() -> redis.Redis:
    """Return the connection, made when first needed."""
    return redis.Redis.from_url(settings.REDIS_URL)
