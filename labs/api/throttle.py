"""How often one caller may ask for costly things: so many in each window of time, counted in the cache."""

from __future__ import annotations

import logging
import math
from time import time

import redis
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

logger = logging.getLogger(__name__)


class PerAddress(BaseThrottle):
    """Count requests by the peer's address. Windows are fixed, so up to twice `count` may pass around their border.

    With no Redis to count in, nothing is refused: what is asked for needs Redis itself, and says so.
    """

    def __init__(self, name: str, count: int, window_s: int = 60) -> None:
        self.name = name
        self.count = count
        self.window_s = window_s

    def caller(self, request: HttpRequest) -> str:
        """Return who is counted."""
        return f"address-{self.get_ident(request)}"

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the request, and tell whether it is within the limit."""
        key = f"throttle:{self.name}:{self.caller(request)}:{int(time()) // self.window_s}"
        try:
            cache.add(key, 0, timeout=2 * self.window_s)
            return int(cache.incr(key)) <= self.count
        except redis.RedisError as error:
            logger.warning("requests for %s are not counted: %s", self.name, error)
            return True
        except ValueError:  # the key left the cache between the two calls
            return True

    def wait(self) -> float:
        """Return the seconds until the window ends."""
        return math.ceil(self.window_s - time() % self.window_s)


class PerUser(PerAddress):
    """Count requests by user, whatever token or cookie they come with."""

    def caller(self, request: HttpRequest) -> str:
        """Return who is counted."""
        return f"user-{request.user.pk}" if request.user.is_authenticated else super().caller(request)
