"""What the kernels of the lab machines lack, so that a lab that needs it is refused before anything starts.

Every worker tells once, at its start; the web process, which looks at no kernel, reads it from Redis.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache

import redis
from django.conf import settings

from labs.specs import Features, KernelFeature

KEY = "kernel_lacks"


def tell(found: Features) -> None:
    """Write down what this machine's kernel lacks; the launch looks again, should Redis not answer."""
    with suppress(redis.RedisError):
        _client().hset(KEY, settings.MACHINE, json.dumps(sorted(found.missing)))


def known() -> Features:
    """Return what any lab machine lacks, for a session may land on any; nothing while Redis does not answer."""
    try:
        told = _client().hvals(KEY)
    except redis.RedisError:
        return Features()
    named = {name for text in told for name in json.loads(text)}
    return Features(frozenset(feature for feature in KernelFeature if feature in named))


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)
