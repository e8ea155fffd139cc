"""Counting callers."""

from __future__ import annotations

import pytest
import redis
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory

from labs.api.throttle import PerAddress, PerUser

NOW = 1_800_000_000.0


class GoneCache:
    """A cache whose Redis does not answer."""

    def add(self, key: str, value: int, timeout: int) -> bool:
        raise redis.ConnectionError("no such socket")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands; its first item is the time."""
    now = [NOW]
    monkeypatch.setattr("labs.api.throttle.time", lambda: now[0])
    return now


def allowed(limit: PerAddress, user: User | AnonymousUser, address: str = "192.0.2.1") -> bool:
    request = RequestFactory().get("/", REMOTE_ADDR=address, headers={"x-forwarded-for": "198.51.100.7"})
    request.user = user
    return limit.allow_request(request)


def test_each_user_is_counted_for_each_thing(people: dict[str, User]) -> None:
    probes, sessions = PerUser("probes", 2), PerUser("sessions", 2)
    assert [allowed(probes, people["owner"]) for _ in range(3)] == [True, True, False]
    assert allowed(probes, people["stranger"])
    assert allowed(sessions, people["owner"])


def test_addresses_are_the_peers_own_and_not_what_it_claims() -> None:
    limit = PerAddress("login", 1)
    assert allowed(limit, AnonymousUser())
    assert not allowed(limit, AnonymousUser())
    assert allowed(limit, AnonymousUser(), "192.0.2.2")


def test_the_next_window_begins_anew(clock: list[float]) -> None:
    limit = PerAddress("login", 1, window_s=60)
    assert [allowed(limit, AnonymousUser()) for _ in range(2)] == [True, False]
    clock[0] += limit.wait()
    assert allowed(limit, AnonymousUser())


def test_nothing_is_refused_while_redis_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labs.api.throttle.cache", GoneCache())
    assert allowed(PerAddress("login", 0), AnonymousUser())
