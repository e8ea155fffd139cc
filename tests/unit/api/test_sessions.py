"""Sessions, probes, labs and topology as JSON."""

from __future__ import annotations

import json

import networkx as nx
import pytest
from django.contrib.auth.models import User
from django.test import Client

from labs.models import Matrix, Probe
from tests.unit.api.conftest import with_token
from tests.unit.services.doubles import LocalQueue, LocalStream
from tests.unit.services.people import make_session

JSON = "application/json"
NODE = {
    "id": "host:alpha",
    "kind": "host",
    "name": "alpha",
    "address": "10.77.0.11",
    "engine_version": "20.10.24",
}


@pytest.fixture
def client(people: dict[str, User]) -> Client:
    return with_token(people["owner"])


def test_a_launch_answers_at_once_with_where_to_look(client: Client, queue: LocalQueue) -> None:
    answer = client.post("/api/v1/sessions/", {"lab": "overlay-swarm"}, JSON)
    session = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/sessions/{session['id']}/"
    assert set(session) == {
        *("id", "lab", "title", "owner", "state", "progress", "reason", "failed_object", "hosts"),
        *("created_at", "expires_at", "started_at", "stopped_at"),
    }
    assert (session["state"], session["owner"], session["lab"]) == ("queued", "owner", "overlay-swarm")
    assert set(session["progress"]) == {"stage", "done", "total", "text"}
    assert client.get(answer.headers["Location"]).json() == session


def test_sessions_come_in_pages_newest_first(client: Client, people: dict[str, User]) -> None:
    made = [make_session(people["owner"], "stopped").id for _ in range(5)]
    make_session(people["stranger"])
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"/api/v1/sessions/?limit=2&cursor={cursor}").json()
        assert len(page["items"]) <= 2
        seen += [session["id"] for session in page["items"]]
        cursor = page["next"]
    assert seen == made[::-1]


def test_sessions_can_be_asked_by_whether_they_live(client: Client, people: dict[str, User]) -> None:
    live, ended = make_session(people["owner"]), make_session(people["owner"], "failed")
    assert [one["id"] for one in client.get("/api/v1/sessions/?live=true").json()["items"]] == [live.id]
    assert [one["id"] for one in client.get("/api/v1/sessions/?live=false").json()["items"]] == [ended.id]


def test_a_failed_session_says_which_object_and_why(client: Client, people: dict[str, User]) -> None:
    failed = {"kind": "container", "name": "web", "host": "alpha"}
    row = make_session(people["owner"], "failed", reason="It would not start.", failed_object=failed)
    shown = client.get(f"/api/v1/sessions/{row.id}/").json()
    assert (shown["reason"], shown["failed_object"]) == ("It would not start.", failed)


def test_a_probe_order_becomes_a_probe(client: Client, people: dict[str, User], queue: LocalQueue) -> None:
    session = make_session(people["owner"])
    order = {"from": "alpha/web", "to": "db", "protocol": "tcp", "port": 5432, "timeout_s": 1}
    answer = client.post(f"/api/v1/sessions/{session.id}/probes/", order, JSON)
    probe = answer.json()
    assert answer.status_code == 202
    assert {name: probe[name] for name in order} == order
    assert (probe["state"], probe["verdict"], probe["rtts_ms"], probe["evidence"]) == ("queued", None, [], {})
    assert client.get(answer.headers["Location"]).json() == probe
    assert client.get(f"/api/v1/sessions/{session.id}/probes/").json() == {"items": [probe], "next": None}
    assert queue.take("machine.here") == [("probe", [probe["id"]])]


def test_a_probe_of_another_session_is_not_found(client: Client, people: dict[str, User]) -> None:
    mine, other = make_session(people["owner"]), make_session(people["owner"])
    probe = Probe.objects.create(session=other, source="alpha", destination="beta", protocol="icmp")
    assert client.get(f"/api/v1/sessions/{mine.id}/probes/{probe.id}/").status_code == 404


def test_a_matrix_order_becomes_a_matrix(client: Client, people: dict[str, User], queue: LocalQueue) -> None:
    session = make_session(people["owner"])
    order = {"protocol": "tcp", "port": 80, "endpoints": ["alpha", "alpha/web"]}
    answer = client.post(f"/api/v1/sessions/{session.id}/matrix/", order, JSON)
    made = answer.json()
    assert answer.status_code == 202
    assert (made["state"], made["port"], made["endpoints"], made["cells"]) == ("queued", 80, [], [])
    assert queue.take("machine.here") == [("matrix", [made["id"]])]
    assert client.get(answer.headers["Location"]).json() == made
    listed = client.get(f"/api/v1/sessions/{session.id}/matrix/").json()["items"]
    assert listed == [{name: value for name, value in made.items() if name not in {"endpoints", "cells"}}]


def test_a_measured_matrix_is_shown_with_ends_and_cells(client: Client, people: dict[str, User]) -> None:
    session = make_session(people["owner"])
    Matrix.objects.create(session=session, protocol="icmp")
    ends = [{"name": name, "kind": "host", "host": name, "networks": ["underlay"]} for name in ("alpha", "beta")]
    cell = {"from": "alpha", "to": "beta", "verdict": "reachable", "rtt_ms": 0.1, "sentence": "It did.", "evidence": {}}
    Matrix.objects.create(
        session=session, protocol="icmp", state="done", ends=ends, cells=[cell], counts={"reachable": 1}, took_ms=1.5
    )
    shown = client.get(f"/api/v1/sessions/{session.id}/matrix/latest/").json()
    assert (shown["endpoints"], shown["cells"], shown["counts"]) == (ends, [cell], {"reachable": 1})


def test_the_catalogue_lists_labs_easiest_first(client: Client) -> None:
    labs = client.get("/api/v1/labs/").json()
    levels = [lab["level"] for lab in labs]
    assert len(labs) >= 9
    assert levels == sorted(levels, key=["beginner", "intermediate", "advanced"].index)
    assert set(labs[0]) == {"slug", "title", "summary", "level", "minutes", "hosts", "features"}


def test_a_lab_shows_its_files_and_what_it_starts(client: Client) -> None:
    lab = client.get("/api/v1/labs/overlay-swarm/").json()
    assert {file["name"] for file in lab["files"]} == {"lab.yml", "compose.yaml"}
    assert lab["hosts"] == ["alpha", "beta"]
    assert {network["driver"] for network in lab["networks"]} == {"overlay"}
    assert {container["host"] for container in lab["containers"]} == {"alpha", "beta"}


def test_valid_files_are_outlined(client: Client) -> None:
    files = {file["name"]: file["text"] for file in client.get("/api/v1/labs/pod-pause/").json()["files"]}
    answer = client.post("/api/v1/labs/validate/", {"files": files}, JSON).json()
    assert answer["valid"], answer["problems"]
    assert "pod" in answer["lab"]["features"]


def test_broken_files_are_told_with_their_place_and_a_remedy(client: Client) -> None:
    compose = "services:\n  web:\n    image: netquarium/web:2\n    networks: [lan]\n    privileged: true\n"
    files = {"lab.yml": "title: T\nsummary: S\nhosts: [alpha]\n", "compose.yaml": compose}
    answer = client.post("/api/v1/labs/validate/", {"files": files}, JSON).json()
    assert (answer["valid"], answer["lab"]) == (False, None)
    found = {(problem["code"], problem["file"], problem["line"]) for problem in answer["problems"]}
    assert {("unknown_image", "compose.yaml", 3), ("refused_key", "compose.yaml", 5)} <= found


def test_files_that_are_no_text_are_a_problem_and_no_crash(client: Client) -> None:
    answer = client.post("/api/v1/labs/validate/", '{"files": {"lab.yml": "\\ud800"}}', JSON)
    assert answer.status_code == 200
    assert not answer.json()["valid"]


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("json", "application/json"),
        ("cytoscape", "application/json"),
        ("graphml", "application/graphml+xml"),
        ("dot", "text/vnd.graphviz"),
        ("mermaid", "text/vnd.mermaid"),
    ],
)
def test_the_graph_comes_in_every_format(
    client: Client, people: dict[str, User], stream: LocalStream, kind: str, content_type: str
) -> None:
    session = make_session(people["owner"])
    stream.snapshots[session.id] = {
        "type": "snapshot", "session": session.id, "sequence": 7, "at": 1.5, "nodes": {"host:alpha": NODE}, "edges": {},
    }  # fmt: skip
    answer = client.get(f"/api/v1/sessions/{session.id}/topology/?format={kind}")
    assert answer.headers["Content-Type"] == content_type
    text = answer.content.decode()
    assert "alpha" in text
    if kind == "json":
        assert json.loads(text) == stream.snapshots[session.id]
    if kind == "graphml":
        assert "host:alpha" in nx.parse_graphml(text)


def test_events_after_a_number_say_when_some_are_gone(
    client: Client, people: dict[str, User], stream: LocalStream
) -> None:
    session = make_session(people["owner"])
    for state in ("queued", "launching", "running"):
        stream.publish(session.id, {"type": "state", "state": state, "reason": None})
    path = f"/api/v1/sessions/{session.id}/topology/events/"
    whole = client.get(path).json()
    assert [message["sequence"] for message in whole["messages"]] == [1, 2, 3]
    assert (whole["last"], whole["gap"]) == (3, False)
    assert client.get(f"{path}?after=3").json() == {"messages": [], "last": 3, "gap": False}
    del stream.messages[session.id][:2]
    assert client.get(f"{path}?after=1").json()["gap"] is True
