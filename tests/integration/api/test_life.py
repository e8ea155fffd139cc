"""A session's whole life over REST, with a real worker and a real observer behind it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from labs.hosts import host as hosts
from labs.models.token import Scope, issue
from labs.places import RUN
from tests.integration.services.conftest import owner, redis_server
from tests.integration.services.program import Program, until, worker

__all__ = ["owner", "redis_server"]

pytestmark = pytest.mark.engine
JSON = "application/json"


@pytest.fixture
def client(owner: User, tmp_path: Path) -> Iterator[Client]:
    """The owner's client, with a worker and an observer running."""
    cache.clear()
    programs = [worker(tmp_path / "worker.log"), Program(["manage.py", "observe"], tmp_path / "observer.log")]
    until((RUN / "observer.sock").is_socket, told=(tmp_path / "observer.log").read_text)
    _, text = issue(owner, [Scope.LEARNER])
    yield Client(headers={"authorization": f"Bearer {text}"})
    for program in programs:
        program.kill()
    (RUN / "observer.sock").unlink(missing_ok=True)


def launched(client: Client, lab: str) -> str:
    """Launch a lab and return the session's path once it runs."""
    path: str = client.post("/api/v1/sessions/", {"lab": lab}, JSON).headers["Location"]
    until(lambda: client.get(path).json()["state"] in {"running", "failed"}, told=lambda: str(client.get(path).json()))
    session = client.get(path).json()
    assert session["state"] == "running", session
    return path


def graph(client: Client, path: str) -> dict[str, Any]:
    answer = client.get(f"{path}topology/")
    return dict(answer.json()) if answer.status_code == 200 else {"nodes": {}}


def names(client: Client, path: str, kind: str) -> set[str]:
    return {node["name"] for node in graph(client, path)["nodes"].values() if node["kind"] == kind}


def test_a_session_lives_and_dies_over_rest(client: Client) -> None:
    path = launched(client, "user-bridge-dns")
    containers = {one["name"] for one in client.get("/api/v1/labs/user-bridge-dns/").json()["containers"]}
    until(lambda: names(client, path, "container") == containers, told=lambda: str(names(client, path, "container")))
    one, other = sorted(containers)[:2]

    probe = client.post(f"{path}probes/?wait=10", {"from": f"alpha/{one}", "to": f"alpha/{other}"}, JSON)
    assert (probe.status_code, probe.json()["verdict"]) == (200, "reachable"), probe.json()
    assert len(probe.json()["rtts_ms"]) == 3

    command = {"target": f"alpha/{one}", "argv": ["sh", "-c", "cat; echo told >&2; exit 3"], "stdin": "said"}
    done = client.post(f"{path}exec/", command, JSON).json()
    assert done == {"exit_code": 3, "stdout": "said", "stderr": "told\n", "truncated": False, "timed_out": False}

    namespace = next(
        node["id"]
        for node in graph(client, path)["nodes"].values()
        if node["kind"] == "namespace" and node["name"] == one
    )
    facts = client.get(f"{path}namespaces/{namespace}/").json()
    assert "default" in {route["destination"] for route in facts["routes"]}
    for kind in ("cytoscape", "graphml", "dot", "mermaid"):
        assert one in client.get(f"{path}topology/?format={kind}").content.decode()

    before = graph(client, path)["sequence"]
    client.post(f"{path}exec/", {"target": "alpha", "argv": ["docker", "network", "create", "by-hand"]}, JSON)
    until(lambda: "by-hand" in names(client, path, "network"))
    events = client.get(f"{path}topology/events/?after={before}").json()
    assert any("by-hand" in event["text"] for message in events["messages"] for event in message.get("events", []))

    client.delete(path)
    until(lambda: client.get(path).json()["state"] == "stopped")
    assert not hosts.sessions()
    refused = client.post(f"{path}exec/", {"target": "alpha", "argv": ["true"]}, JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_running")


def test_a_terminal_is_opened_listed_and_closed(client: Client) -> None:
    path = launched(client, "default-bridge")
    until(lambda: bool(names(client, path, "host")))
    made = client.post(f"{path}terminals/", {"target": "alpha"}, JSON)
    assert made.status_code == 201, made.json()
    terminal = made.json()
    assert terminal["url"].startswith(f"/ws/terminals/{terminal['id']}/?ticket=")
    assert [one["id"] for one in client.get(f"{path}terminals/").json()] == [terminal["id"]]
    again = client.post(f"{path}terminals/{terminal['id']}/tickets/").json()
    assert again["ticket"] != terminal["ticket"]
    assert client.delete(f"{path}terminals/{terminal['id']}/").status_code == 204
    assert client.get(f"{path}terminals/").json() == []
    wrong = client.post(f"{path}terminals/", {"target": "alpha/nobody"}, JSON)
    assert (wrong.status_code, wrong.json()["code"]) == (404, "target_unknown")


def test_a_host_that_dies_fails_its_session_at_once(client: Client) -> None:
    path = launched(client, "default-bridge")
    until(lambda: bool(names(client, path, "host")))
    (host,) = hosts.running(path.split("/")[4])
    os.kill(host.pid, signal.SIGKILL)
    until(lambda: client.get(path).json()["state"] == "failed", 15)
    session = client.get(path).json()
    assert session["failed_object"] == {"kind": "host", "name": "alpha", "host": "alpha"}
    assert not hosts.sessions()


def test_the_shell_launches_commands_and_stops(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("launch", "default-bridge", "--user", "owner")
    said = capsys.readouterr()
    session = said.out.strip()
    assert "The default bridge is running" in said.err
    path = f"/api/v1/sessions/{session}/"
    until(lambda: bool(names(client, path, "host")))
    with pytest.raises(SystemExit) as ended:
        call_command("exec", session, "alpha", "--", "sh", "-c", "echo said; exit 3")
    assert (ended.value.code, capsys.readouterr().out) == (3, "said\n")
    call_command("stop", session)
    until(lambda: client.get(path).json()["state"] == "stopped")
