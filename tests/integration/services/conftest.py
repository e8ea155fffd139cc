"""Rows, a private Redis where the product looks for it, and lab folders written for the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from labs import specs
from labs.hosts import host as hosts
from labs.hosts import image
from labs.live import stream
from labs.models import LabSession
from labs.places import RUN
from labs.services import bell, kernel_lacks
from labs.services.session import request
from tests.integration.live.conftest import PrivateRedis

LAB_FILE = "title: A lab for a test\nsummary: Written for one test.\nhosts: [{hosts}]\n"

WriteLab = Callable[..., str]


@pytest.fixture(autouse=True)
def redis_server(nothing_left: None) -> Iterator[PrivateRedis]:
    """The installation's own Redis, empty at first."""
    forget_connections()
    server = PrivateRedis(RUN)
    server.start()
    yield server
    server.kill()
    (RUN / "redis.sock").unlink(missing_ok=True)
    forget_connections()


def forget_connections() -> None:
    """Have the next use of Redis connect anew."""
    if stream.default_stream.cache_info().currsize:
        stream.default_stream().close()
    stream.default_stream.cache_clear()
    bell.client.cache_clear()
    kernel_lacks._client.cache_clear()


@pytest.fixture
def owner(transactional_db: None, host_image: image.HostImage) -> Iterator[User]:
    """A learner; whatever their sessions own is removed afterwards."""
    yield User.objects.create_user("owner", password="owner-pass")
    for session in hosts.sessions():
        hosts.stop_session(session)


@pytest.fixture
def write_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteLab:
    """Return a function that puts a lab into a catalogue of the test's own and returns its slug."""
    monkeypatch.setattr(specs, "CATALOG", tmp_path)

    def write(slug: str, compose: str, *, hosts: str = "alpha") -> str:
        folder = tmp_path / slug
        folder.mkdir()
        (folder / "lab.yml").write_text(LAB_FILE.format(hosts=hosts))
        (folder / "compose.yaml").write_text(compose)
        return slug

    return write


def created(owner: User, slug: str) -> LabSession:
    """Create a session as the API does; nothing takes it up until the test launches it."""
    return request.create(owner, slug)


def states(session: str) -> list[str]:
    """Return the states announced for a session, in order."""
    messages = stream.default_stream().after(session)
    return [message["state"] for message in messages if message["type"] == "state"]
