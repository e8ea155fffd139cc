"""GET /healthz: is each part of this instance answering? Needs no login and tells nothing else."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from celery.exceptions import CeleryError
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import KombuError
from redis import Redis
from redis.exceptions import RedisError

from labs import places
from labsite.celery import app

ANSWER_WITHIN_S = 1.0


def database() -> None:
    """Raise DatabaseError unless the tables can be read."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations")
            cursor.fetchone()
    finally:
        connection.close()


def redis() -> None:
    """Raise RedisError unless Redis answers."""
    with Redis.from_url(settings.REDIS_URL, socket_timeout=ANSWER_WITHIN_S) as client:
        client.ping()


def observer() -> None:
    """Raise OSError unless the observer of this machine accepts connections."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connected:
        connected.settimeout(ANSWER_WITHIN_S)
        connected.connect(str(places.RUN / "observer.sock"))


def worker() -> None:
    """Raise TimeoutError unless a worker answers a ping over the broker."""
    if not app.control.ping(timeout=ANSWER_WITHIN_S, limit=1):
        raise TimeoutError("no worker answers")


PARTS: dict[str, Callable[[], None]] = {"database": database, "redis": redis, "observer": observer, "worker": worker}


def _state(part: Callable[[], None]) -> str:
    try:
        part()
    except (DatabaseError, RedisError, KombuError, CeleryError, OSError) as error:
        return str(error) or type(error).__name__
    return "ok"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every part is well, else 503; `parts` says which is not. Takes a second at most."""
    with ThreadPoolExecutor(len(PARTS)) as pool:
        states = dict(zip(PARTS, pool.map(_state, PARTS.values()), strict=True))
    well = all(state == "ok" for state in states.values())
    shown = (
        states
        if well or _is_local(request)
        else {name: "ok" if text == "ok" else "down" for name, text in states.items()}
    )
    return JsonResponse({"healthy": well, "parts": shown}, status=200 if well else 503)


def _is_local(request: HttpRequest) -> bool:
    """Return whether the question comes from this machine: only then are reasons (paths, addresses) given."""
    return request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1", "", None}
