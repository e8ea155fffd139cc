"""The observer on real lab hosts: what is done by hand in a host's shell appears by itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from websockets.asyncio.client import ClientConnection

from labs.hosts import host as hosts
from labs.hosts import image
from labs.hosts.host import Host
from labs.live import client
from labs.live.errors import NamespaceUnknown, SessionNotWatched, TargetUnknown
from labs.live.stream import AsyncStream, default_stream
from labs.models.session import LabSession, State
from labs.models.token import Scope, issue
from tests.integration.conftest import start_hosts

from .conftest import PrivateRedis
from .instance import Instance, message, observing, output, serving, until

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]

Graph = dict[str, dict[str, Any]]


class Page:
    """What a browser does: holds the graph that the messages make."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.nodes: Graph = {}
        self.edges: Graph = {}
        self.sequence: int | None = None
        self.events: list[str] = []

    async def until(self, holds: Callable[[Page], bool]) -> None:
        while not holds(self):
            self.take(await message(self._connection))

    def take(self, found: dict[str, Any]) -> None:
        assert self.sequence is None or found["sequence"] == self.sequence + 1 or found["type"] == "snapshot"
        self.sequence = found["sequence"]
        if found["type"] == "snapshot":
            self.nodes, self.edges = dict(found["nodes"]), dict(found["edges"])
        if found["type"] == "delta":
            for part, kept in (("nodes", self.nodes), ("edges", self.edges)):
                for identity in found["removed"][part]:
                    del kept[identity]
                for identity in found["changed"][part]:
                    assert identity in kept
                kept |= found["added"][part] | found["changed"][part]
            self.events += [event["text"] for event in found["events"]]

    def named(self, kind: str, name: str) -> dict[str, Any] | None:
        return next((n for n in self.nodes.values() if n["kind"] == kind and n["name"] == name), None)


@pytest.fixture
def session(session_id: str) -> LabSession:
    owner = User.objects.create_user("olga")
    return LabSession.objects.create(
        id=session_id, owner=owner, lab="x", minutes=5, state=State.RUNNING, expires_at=timezone.now() + timedelta(1)
    )


@pytest.fixture
def alpha(session: LabSession, host_image: image.HostImage) -> Host:
    return start_hosts(session.id, "alpha")["alpha"]


def run(scenario: Callable[[Instance], Awaitable[None]]) -> None:
    async def whole() -> None:
        ended: list[tuple[str, str]] = []
        async with observing(ended), serving() as instance:
            instance.ended = ended
            await scenario(instance)

    asyncio.run(whole())


def page(instance: Instance, session: LabSession) -> Any:
    return instance.connect(f"/ws/sessions/{session.id}/?token={issue(session.owner, [Scope.LEARNER])[1]}")


async def shell(host: Host, *argv: str) -> str:
    """Run a command on a lab host as its learner would."""
    done = await asyncio.to_thread(
        subprocess.run, hosts.command(host, argv), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_made_by_hand_appears_and_goes(
    installation_redis: PrivateRedis, session: LabSession, alpha: Host
) -> None:
    """alpha: [v0]--veth--[v1] moved into `ip netns` blue; then a container and a network of Docker's."""

    async def scenario(instance: Instance) -> None:
        connection = await asyncio.to_thread(page, instance, session)
        async with connection as opened:
            here = Page(opened)
            await here.until(lambda one: one.named("network", "bridge") is not None)
            await shell(alpha, "ip", "link", "add", "v0", "type", "veth", "peer", "v1")
            await here.until(lambda one: one.named("interface", "v1") is not None)
            assert any(edge["type"] == "veth" and v0_of(here) in (edge["a"], edge["b"]) for edge in here.edges.values())
            await shell(alpha, "ip", "netns", "add", "blue")
            await here.until(lambda one: one.named("namespace", "blue") is not None)
            await shell(alpha, "ip", "link", "set", "v1", "netns", "blue")
            await here.until(lambda one: namespace_of(one, "v1") == "blue")
            await shell(alpha, "ip", "netns", "del", "blue")
            await here.until(lambda one: one.named("interface", "v0") is None)
            assert here.named("namespace", "blue") is None

            await shell(alpha, "docker", "network", "create", "front")
            await here.until(lambda one: one.named("network", "front") is not None)
            await shell(alpha, "docker", "run", "-d", "--name", "web", "--network", "front", "netquarium/web:1")
            await here.until(lambda one: (one.named("container", "web") or {}).get("state") == "running")
            await here.until(lambda one: (one.named("namespace", "web") or {}).get("role") == "container")
            await here.until(lambda one: any(edge["type"] == "attached" for edge in one.edges.values()))
            await shell(alpha, "docker", "rm", "-f", "web")
            await here.until(lambda one: one.named("container", "web") is None)
            await here.until(lambda one: one.named("namespace", "web") is None)
            await shell(alpha, "docker", "network", "rm", "front")
            await here.until(lambda one: one.named("network", "front") is None)

            stored = await settled_snapshot(instance.stream, session.id, here)
            assert stored["nodes"] == here.nodes
            assert stored["edges"] == here.edges

    run(scenario)


def test_a_network_of_which_the_engine_sends_no_event_is_known(
    installation_redis: PrivateRedis, session: LabSession, alpha: Host
) -> None:
    """A Swarm makes its `docker_gwbridge` silently; only the kernel tells."""

    async def scenario(instance: Instance) -> None:
        connection = await asyncio.to_thread(page, instance, session)
        async with connection as opened:
            here = Page(opened)
            await here.until(lambda one: one.named("network", "bridge") is not None)
            await shell(alpha, "docker", "swarm", "init", "--advertise-addr", str(alpha.address))
            await here.until(lambda one: one.named("interface", "docker_gwbridge") is not None)
            await here.until(lambda one: one.named("network", "docker_gwbridge") is not None)

    run(scenario)


def test_a_namespace_held_by_a_process_alone_is_found(
    installation_redis: PrivateRedis, session: LabSession, alpha: Host
) -> None:
    async def scenario(instance: Instance) -> None:
        connection = await asyncio.to_thread(page, instance, session)
        async with connection as opened:
            here = Page(opened)
            await here.until(lambda one: one.named("network", "bridge") is not None)
            script = "unshare -n sleep 300 & sleep 0.2; ip link add w0 type veth peer name w1 netns $!"
            await shell(alpha, "sh", "-c", f"({script}) >/dev/null 2>&1")
            await here.until(lambda one: (namespace_of(one, "w1") or "").startswith("sleep"))
            await shell(alpha, "pkill", "sleep")
            await here.until(lambda one: one.named("interface", "w1") is None)

    run(scenario)


def test_facts_commands_and_their_refusals(installation_redis: PrivateRedis, session: LabSession, alpha: Host) -> None:
    async def scenario(instance: Instance) -> None:
        await until(lambda: bool(default_stream().snapshot(session.id)))
        await shell(alpha, "docker", "run", "-d", "--name", "web", "netquarium/web:1")
        connection = await asyncio.to_thread(page, instance, session)
        async with connection as opened:
            here = Page(opened)
            await here.until(lambda one: one.named("namespace", "web") is not None)
            namespace = here.named("namespace", "web")
            assert namespace is not None
            facts = await asyncio.to_thread(client.facts, session.id, namespace["id"])
            assert any(route["destination"] == "default" for route in facts["routes"])
            with pytest.raises(NamespaceUnknown):
                await asyncio.to_thread(client.facts, session.id, "ns:4-1")
            with pytest.raises(SessionNotWatched):
                await asyncio.to_thread(client.facts, "0" * 12, namespace["id"])

            def execute(target: str, *argv: str, **options: Any) -> dict[str, Any]:
                return client.execute(session.id, target, argv, timeout_s=options.pop("timeout_s", 20), **options)

            done = await asyncio.to_thread(execute, "alpha", "sh", "-c", "cat; echo err >&2; exit 7", stdin=b"in")
            assert done == {"exit_code": 7, "stdout": "in", "stderr": "err\n", "truncated": False, "timed_out": False}
            done = await asyncio.to_thread(execute, "web", "cat", "/etc/hostname")
            assert done["exit_code"] == 0, done
            assert len(done["stdout"].strip()) == 12
            for target in ("alpha", "alpha/web"):
                done = await asyncio.to_thread(execute, target, "sleep", "77", timeout_s=0.5)
                assert done["timed_out"]
                assert done["exit_code"] is None
            left = await asyncio.to_thread(execute, "alpha", "pgrep", "-fx", "sleep 77")
            assert left["exit_code"] == 1, "a command that took too long still runs"
            with pytest.raises(TargetUnknown):
                await asyncio.to_thread(execute, "nobody", "true")

    run(scenario)


def test_a_terminal_survives_a_reload_and_ends_with_its_shell(
    installation_redis: PrivateRedis, session: LabSession, alpha: Host
) -> None:
    async def scenario(instance: Instance) -> None:
        await until(lambda: bool(default_stream().snapshot(session.id)))
        opened = await asyncio.to_thread(client.open_terminal, session.id, "alpha", columns=100, rows=30)
        assert opened.target == "alpha"
        async with instance.connect(opened.url) as first:
            assert b"root@alpha" in await output(first, b"# ")
            await first.send(b"stty size; tty; echo $TERM\r")
            assert b"30 100" in await output(first, b"xterm-256color")
            await first.send(json.dumps({"type": "resize", "columns": 120, "rows": 40}))
            # The new size travels by signals, from pty to pty: it need not be there with the next key.
            await first.send(b"until stty size | grep -q '^40 120'; do sleep 0.05; done; echo size-$((1+1))\r")
            await output(first, b"size-2")
        used_again = await last_text(instance, opened.url)
        assert "used already" in used_again["reason"]
        again = await asyncio.to_thread(client.ticket, session.id, opened.id)
        async with instance.connect(again.url) as second:
            await output(second, b"size-2")
            await second.send(b"exit 4\r")
            async with asyncio.timeout(20):
                while not isinstance(found := await second.recv(), str):
                    pass
            assert json.loads(found) == {"type": "exit", "code": 4}
        assert await asyncio.to_thread(client.terminals, session.id) == []

    run(scenario)


def test_a_terminal_in_a_container_has_its_name_and_leaves_no_shell(
    installation_redis: PrivateRedis, session: LabSession, alpha: Host
) -> None:
    async def scenario(instance: Instance) -> None:
        await shell(alpha, "docker", "run", "-d", "--name", "web", "netquarium/web:1")
        await until(lambda: _has_container(session.id))
        opened = await asyncio.to_thread(client.open_terminal, session.id, "alpha/web")
        async with instance.connect(opened.url) as connection:
            assert b"root@web" in await output(connection, b"# ")
            await connection.send(b"hostname; sleep 88 &\r")
            await connection.send(b"echo up-$((1+1))\r")
            await output(connection, b"up-2")
        await asyncio.to_thread(client.close_terminal, session.id, opened.id)
        found = await shell(alpha, "docker", "top", "web", "-o", "pid,args")
        assert "sleep 88" not in found
        assert "bash" not in found

    run(scenario)


def test_a_terminal_that_prints_without_end_is_held_by_its_viewer(
    installation_redis: PrivateRedis, session: LabSession, alpha: Host
) -> None:
    async def scenario(instance: Instance) -> None:
        await until(lambda: bool(default_stream().snapshot(session.id)))
        opened = await asyncio.to_thread(client.open_terminal, session.id, "alpha")
        async with instance.connect(opened.url) as connection:
            await output(connection, b"# ")
            await connection.send(b"yes\r")
            await output(connection, b"y\r\ny\r\n")
            await connection.send(json.dumps({"type": "pause"}))
            pid = (await shell(alpha, "pgrep", "-x", "yes")).strip()

            async def blocked() -> bool:
                """Tell whether `yes` writes nothing: it waits for its terminal to take more."""
                before = await shell(alpha, "cat", f"/proc/{pid}/io")
                await asyncio.sleep(0.2)
                return before == await shell(alpha, "cat", f"/proc/{pid}/io")

            async with asyncio.timeout(20):
                while not await blocked():
                    pass
            await connection.send(json.dumps({"type": "resume"}))
            await connection.send(b"\x03echo done-$((1+1))\r")
            await output(connection, b"done-2")

    run(scenario)


def test_a_host_that_ends_is_told(installation_redis: PrivateRedis, session: LabSession, alpha: Host) -> None:
    async def scenario(instance: Instance) -> None:
        await until(lambda: bool(default_stream().snapshot(session.id)))
        os.kill(alpha.pid, signal.SIGKILL)
        await until(lambda: (session.id, "alpha") in instance.ended)

    run(scenario)


def test_an_observer_that_comes_back_tells_what_changed_meanwhile(
    installation_redis: PrivateRedis, session: LabSession, alpha: Host
) -> None:
    async def scenario() -> None:
        async with serving() as instance:
            connection = await asyncio.to_thread(page, instance, session)
            async with connection as opened:
                here = Page(opened)
                async with observing():
                    await here.until(lambda one: one.named("network", "bridge") is not None)
                    await settled_snapshot(instance.stream, session.id, here)
                await shell(alpha, "ip", "link", "add", "v0", "type", "veth", "peer", "v1")
                async with observing():
                    await here.until(lambda one: one.named("interface", "v0") is not None)
                assert sum(node["kind"] == "host" for node in here.nodes.values()) == 1

    asyncio.run(scenario())


def test_a_redis_that_comes_back_empty_gets_the_graph_again(
    installation_redis: PrivateRedis, session: LabSession, alpha: Host
) -> None:
    async def scenario(instance: Instance) -> None:
        connection = await asyncio.to_thread(page, instance, session)
        async with connection as opened:
            here = Page(opened)
            await here.until(lambda one: one.named("network", "bridge") is not None)
            await asyncio.to_thread(installation_redis.restart)
            await shell(alpha, "ip", "link", "add", "v0", "type", "veth", "peer", "v1")
            await here.until(lambda one: one.named("interface", "v0") is not None)
            await until(lambda: bool(default_stream().snapshot(session.id)))

    run(scenario)


def test_a_burst_that_overruns_the_kernels_queue_ends_in_the_right_graph(
    installation_redis: PrivateRedis, session: LabSession, alpha: Host
) -> None:
    async def scenario(instance: Instance) -> None:
        connection = await asyncio.to_thread(page, instance, session)
        async with connection as opened:
            here = Page(opened)
            await here.until(lambda one: one.named("network", "bridge") is not None)
            script = "for n in $(seq 150); do echo link add b$n type bridge; done | ip -batch -"
            await shell(alpha, "sh", "-c", script)
            await here.until(lambda one: one.named("interface", "b150") is not None)
            assert sum(node["kind"] == "interface" and node["type"] == "bridge" for node in here.nodes.values()) >= 151

    run(scenario)


def v0_of(here: Page) -> str:
    found = here.named("interface", "v0")
    assert found is not None
    return str(found["id"])


def namespace_of(here: Page, interface: str) -> str | None:
    found = here.named("interface", interface)
    if found is None or found["namespace"] not in here.nodes:
        return None
    return str(here.nodes[found["namespace"]]["name"])


async def settled_snapshot(stream: AsyncStream, session: str, here: Page) -> dict[str, Any]:
    """Return the stored snapshot once it has caught up with the page, which takes what still comes."""
    async with asyncio.timeout(20):
        while True:
            stored = await stream.snapshot(session)
            last = await stream.last(session)
            while here.sequence is not None and here.sequence < last:
                here.take(await message(here._connection))
            if stored is not None and stored.sequence == here.sequence:
                return stored.message
            await asyncio.sleep(0.05)


async def last_text(instance: Instance, path: str) -> dict[str, Any]:
    async with instance.connect(path) as connection:
        found: dict[str, Any] = json.loads(await asyncio.wait_for(connection.recv(), 20))
        return found


def _has_container(session: str) -> bool:
    found = default_stream().snapshot(session) or {"nodes": {}}
    return any(node["kind"] == "container" and node["state"] == "running" for node in found["nodes"].values())
