"""The websocket of a session: who may open it, and that every message arrives once and in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from labs.live import hub, stream
from labs.live.stream import Stream
from labs.models.session import LabSession, State
from labs.models.token import Scope, issue

from .conftest import PrivateRedis
from .instance import Instance, message, serving

pytestmark = pytest.mark.django_db(transaction=True)

Scenario = Callable[[Instance], Awaitable[None]]


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("olga", password="an owner's password")


@pytest.fixture
def session(owner: User) -> LabSession:
    return LabSession.objects.create(
        owner=owner, lab="x", title="X", minutes=5, state=State.RUNNING, expires_at=timezone.now() + timedelta(hours=1)
    )


@pytest.fixture
def token(owner: User) -> str:
    return issue(owner, [Scope.LEARNER])[1]


def run(scenario: Scenario) -> None:
    async def whole() -> None:
        async with serving() as instance:
            await scenario(instance)

    asyncio.run(whole())


def snapshot(session: str, sequence: int) -> str:
    return json.dumps({"type": "snapshot", "session": session, "sequence": sequence, "nodes": {}, "edges": {}})


async def refusal(instance: Instance, path: str, **options: Any) -> tuple[int, str]:
    """Return close code and reason of a connection that is refused."""
    async with instance.connect(path, **options) as connection:
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(connection.recv(), 10)
        assert caught.value.rcvd is not None
        return caught.value.rcvd.code, caught.value.rcvd.reason


def test_snapshot_comes_first_then_every_later_message(
    installation_redis: PrivateRedis, session: LabSession, token: str
) -> None:
    writer = Stream(installation_redis.url)
    first = writer.publish(session.id, {"type": "delta", "n": 0})
    writer.put_snapshot(session.id, snapshot(session.id, first))
    writer.publish(session.id, {"type": "delta", "n": 1})

    async def scenario(instance: Instance) -> None:
        async with instance.connect(f"/ws/sessions/{session.id}/?token={token}") as connection:
            assert (await message(connection))["type"] == "snapshot"
            assert (await message(connection))["n"] == 1
            for number in range(2, 50):
                await instance.stream.publish(session.id, {"type": "delta", "n": number})
            assert [(await message(connection))["n"] for _ in range(2, 50)] == list(range(2, 50))

    run(scenario)
    writer.close()


def test_after_continues_without_a_snapshot(installation_redis: PrivateRedis, session: LabSession, token: str) -> None:
    writer = Stream(installation_redis.url)
    numbers = [writer.publish(session.id, {"type": "delta", "n": number}) for number in range(4)]
    writer.put_snapshot(session.id, snapshot(session.id, numbers[0]))

    async def scenario(instance: Instance) -> None:
        path = f"/ws/sessions/{session.id}/?after={numbers[1]}"
        async with instance.connect(path, additional_headers={"Authorization": f"Bearer {token}"}) as connection:
            assert [(await message(connection))["n"] for _ in range(2)] == [2, 3]
            await connection.send(json.dumps({"type": "resume", "sequence": numbers[2]}))
            assert (await message(connection))["n"] == 3

    run(scenario)
    writer.close()


def test_a_launching_session_sends_its_progress_and_a_snapshot_before_the_first_delta(
    installation_redis: PrivateRedis, session: LabSession, token: str
) -> None:
    writer = Stream(installation_redis.url)
    writer.publish(session.id, {"type": "progress", "stage": "host"})

    async def scenario(instance: Instance) -> None:
        async with instance.connect(f"/ws/sessions/{session.id}/?token={token}") as connection:
            assert (await message(connection))["stage"] == "host"
            last = await instance.stream.last(session.id)
            await instance.stream.put_snapshot(session.id, snapshot(session.id, last))
            await instance.stream.publish(session.id, {"type": "delta", "n": 1})
            assert (await message(connection))["type"] == "snapshot"
            assert (await message(connection))["n"] == 1

    run(scenario)
    writer.close()


def test_a_restarted_redis_is_noticed_and_a_snapshot_sent(
    installation_redis: PrivateRedis, session: LabSession, token: str
) -> None:
    writer = Stream(installation_redis.url)
    first = writer.publish(session.id, {"type": "delta", "n": 0})
    writer.put_snapshot(session.id, snapshot(session.id, first))

    async def scenario(instance: Instance) -> None:
        async with instance.connect(f"/ws/sessions/{session.id}/?token={token}") as connection:
            assert (await message(connection))["sequence"] == first
            await asyncio.to_thread(installation_redis.restart)
            number = await instance.stream.publish(session.id, {"type": "delta", "n": 5})
            await instance.stream.put_snapshot(session.id, snapshot(session.id, number))
            found = await message(connection, lambda one: one["type"] == "snapshot")
            assert found["sequence"] == number

    run(scenario)
    writer.close()


def test_a_slow_client_gets_a_snapshot_and_holds_up_nobody(
    installation_redis: PrivateRedis, session: LabSession, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "QUEUE_MESSAGES", 20)
    writer = Stream(installation_redis.url)
    first = writer.publish(session.id, {"type": "delta", "n": 0})
    writer.put_snapshot(session.id, snapshot(session.id, first))

    async def scenario(instance: Instance) -> None:
        path = f"/ws/sessions/{session.id}/?token={token}"
        async with instance.connect(path) as quick, instance.connect(path, max_queue=1, compression=None) as slow:
            await message(quick)
            await message(slow)
            filler = "x" * 100_000
            for number in range(300):
                last = await instance.stream.publish(session.id, {"type": "delta", "n": number, "filler": filler})
                assert (await message(quick))["n"] == number
            await instance.stream.put_snapshot(session.id, snapshot(session.id, last))
            found = await message(slow, lambda one: one["type"] == "snapshot" or one["sequence"] == last)
            assert found["type"] == "snapshot"

    run(scenario)
    writer.close()


def test_who_may_open_it(installation_redis: PrivateRedis, session: LabSession, token: str) -> None:
    stranger, teacher = User.objects.create_user("sam"), User.objects.create_user("tess", is_staff=True)
    grader = User.objects.create_user("gus")
    tokens = {
        "owner": token,
        "stranger": issue(stranger, [Scope.LEARNER])[1],
        "staff": issue(teacher, [Scope.ADMIN])[1],
        "staff as learner": issue(teacher, [Scope.LEARNER])[1],
        "grader": issue(grader, [Scope.GRADER])[1],
    }
    stream.publish(session.id, {"type": "state", "state": "running"})

    async def scenario(instance: Instance) -> None:
        path = f"/ws/sessions/{session.id}/"
        for who in ("owner", "staff", "grader"):
            async with instance.connect(f"{path}?token={tokens[who]}") as connection:
                assert (await message(connection))["state"] == "running", who
        for who in ("stranger", "staff as learner"):
            assert (await refusal(instance, f"{path}?token={tokens[who]}"))[0] == 4404, who
        assert await refusal(instance, path) == (4401, "Log in first.")
        assert (await refusal(instance, f"{path}?token=nq_wrong"))[0] == 4401
        assert (await refusal(instance, f"/ws/sessions/nothing/?token={token}"))[0] == 4404
        assert (await refusal(instance, f"{path}?token={token}&after=x"))[0] == 4403

    run(scenario)


def test_a_cookie_counts_only_from_the_pages_own_origin(
    installation_redis: PrivateRedis, session: LabSession, owner: User
) -> None:
    browser = Client()
    browser.force_login(owner)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    stream.publish(session.id, {"type": "state", "state": "running"})

    async def scenario(instance: Instance) -> None:
        path, headers = f"/ws/sessions/{session.id}/", {"Cookie": cookie}
        async with instance.connect(path, additional_headers=headers, origin=instance.origin) as connection:
            assert (await message(connection))["state"] == "running"
        for origin in ("http://evil.example", "http://127.0.0.1:1", "null"):
            code, _ = await refusal(instance, path, additional_headers=headers, origin=origin)
            assert code == 4403, origin
        assert (await refusal(instance, path, additional_headers=headers))[0] == 4403

    run(scenario)


def test_a_page_that_talks_nonsense_is_closed(
    installation_redis: PrivateRedis, session: LabSession, token: str
) -> None:
    async def scenario(instance: Instance) -> None:
        for nonsense in ("{", "[]", '{"type":"delta"}', '{"type":"resume","sequence":"x"}', b"bytes"):
            async with instance.connect(f"/ws/sessions/{session.id}/?token={token}") as connection:
                await connection.send(nonsense)
                with pytest.raises(ConnectionClosed) as caught:
                    await asyncio.wait_for(connection.recv(), 10)
                assert caught.value.rcvd is not None
                assert caught.value.rcvd.code == 4403

    run(scenario)
