"""Rows in a database of the test run's, Redis replaced by doubles."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from labs.live import stream as streams
from labs.services import kernel_lacks
from labs.specs import Features
from tests.unit.services.doubles import LocalQueue, LocalStream
from tests.unit.services.people import make_people


@pytest.fixture(autouse=True)
def local_cache(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; nothing here is secret
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture(autouse=True)
def stream(monkeypatch: pytest.MonkeyPatch) -> LocalStream:
    local = LocalStream()
    monkeypatch.setattr(streams, "default_stream", lambda: local)
    return local


@pytest.fixture(autouse=True)
def capable_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_lacks, "known", Features)


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> LocalQueue:
    local = LocalQueue()
    for name in ("default", "machine.here"):
        local.take(name)  # memory brokers of one process share their queues
    monkeypatch.setattr("labs.services.queue.app", local)
    return local


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """The owner, a teammate, a stranger, and staff."""
    return make_people()


@pytest.fixture
def owner(people: dict[str, User]) -> User:
    return people["owner"]
