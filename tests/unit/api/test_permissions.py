"""Who may do what: the owner, a teammate, a stranger; staff and a grader's token beside them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from labs.models import LabSession, Matrix, Probe, Token
from labs.models.token import Scope
from tests.unit.api.conftest import logged_in, with_token
from tests.unit.services.doubles import LocalStream
from tests.unit.services.people import make_session

PROBE = {"from": "alpha", "to": "10.77.0.11"}
COMMAND = {"target": "alpha", "argv": ["true"]}
READS = (
    "",
    "topology/",
    "topology/events/",
    "probes/",
    "probes/{probe}/",
    "matrix/",
    "matrix/{matrix}/",
    "namespaces/ns:4-1/",
)
Attempts = tuple[tuple[str, dict[str, Any]], ...]
CHANGES: Attempts = (("extend/", {"minutes": 5}), ("reset/", {}), ("probes/", PROBE), ("matrix/", {}))
ENTRIES: Attempts = (("terminals/", {"target": "alpha"}), ("terminals/abc/tickets/", {}))
NO_OBSERVER = 503
"""What a request that was allowed through to the observer answers here, where none runs."""


@pytest.fixture
def session(people: dict[str, User], stream: LocalStream) -> LabSession:
    row = make_session(people["owner"])
    stream.snapshots[row.id] = {"type": "snapshot", "session": row.id, "sequence": 1, "at": 0, "nodes": {}, "edges": {}}
    return row


def paths(session: LabSession) -> list[str]:
    probe = Probe.objects.create(session=session, source="alpha", destination="beta", protocol="icmp", state="done")
    matrix = Matrix.objects.create(session=session, protocol="icmp", state="done")
    return [f"/api/v1/sessions/{session.id}/{path.format(probe=probe.id, matrix=matrix.id)}" for path in READS]


def post(client: Client, session: LabSession, path: str, body: dict[str, Any]) -> int:
    return client.post(f"/api/v1/sessions/{session.id}/{path}", body, content_type="application/json").status_code


@pytest.mark.parametrize("who", ["teammate", "stranger"])
def test_others_cannot_tell_a_session_from_none(people: dict[str, User], session: LabSession, who: str) -> None:
    client = with_token(people[who])
    everything = [client.get(path).status_code for path in paths(session)]
    everything += [post(client, session, path, body) for path, body in (*CHANGES, *ENTRIES, ("exec/", COMMAND))]
    everything += [client.delete(f"/api/v1/sessions/{session.id}/").status_code]
    assert set(everything) == {404}
    assert client.get("/api/v1/sessions/?everybody=true").json()["items"] == []
    session.refresh_from_db()
    assert session.state == "running"


def test_the_owner_reads_and_changes_and_enters(people: dict[str, User], session: LabSession) -> None:
    client = with_token(people["owner"])
    reads = [client.get(path).status_code for path in paths(session)]
    assert reads == [200] * 7 + [NO_OBSERVER]
    assert post(client, session, "exec/", COMMAND) == NO_OBSERVER
    assert [post(client, session, path, body) for path, body in ENTRIES] == [NO_OBSERVER, NO_OBSERVER]
    assert post(client, session, "probes/", PROBE) == 202
    assert post(client, session, "matrix/", {}) == 202
    assert post(client, session, "extend/", {"minutes": 5}) == 200
    assert client.delete(f"/api/v1/sessions/{session.id}/").json()["state"] == "stopping"


@pytest.mark.parametrize("way", ["cookie", "token"])
def test_staff_do_all_but_act_as_the_learner(people: dict[str, User], session: LabSession, way: str) -> None:
    client = logged_in(people["staff"]) if way == "cookie" else with_token(people["staff"], Scope.ADMIN)
    assert [client.get(path).status_code for path in paths(session)][:7] == [200] * 7
    assert post(client, session, "terminals/", {"target": "alpha"}) == 403
    assert post(client, session, "exec/", COMMAND) == (403 if way == "cookie" else NO_OBSERVER)
    assert client.get("/api/v1/sessions/").json()["items"] == []
    assert [row["id"] for row in client.get("/api/v1/sessions/?everybody=true").json()["items"]] == [session.id]
    assert client.delete(f"/api/v1/sessions/{session.id}/").status_code == 202


def test_a_token_of_staff_does_no_more_than_its_scope(people: dict[str, User], session: LabSession) -> None:
    client = with_token(people["staff"], Scope.LEARNER)
    assert {client.get(path).status_code for path in paths(session)} == {404}
    assert client.get("/api/v1/me/").json() == {"username": "staff", "is_staff": False, "scopes": ["learner"]}


def test_a_learner_with_the_admin_scope_is_still_a_learner(people: dict[str, User], session: LabSession) -> None:
    client = with_token(people["stranger"], Scope.ADMIN)
    assert {client.get(path).status_code for path in paths(session)} == {404}
    assert post(client, session, "exec/", COMMAND) == 404


def test_a_grader_reads_and_commands_any_session_and_no_more(people: dict[str, User], session: LabSession) -> None:
    client = with_token(people["teammate"], Scope.GRADER)
    assert [client.get(path).status_code for path in paths(session)][:7] == [200] * 7
    assert post(client, session, "exec/", COMMAND) == NO_OBSERVER
    refused = [post(client, session, path, body) for path, body in (*CHANGES, *ENTRIES)]
    assert set(refused) == {403}
    assert client.delete(f"/api/v1/sessions/{session.id}/").status_code == 403


def test_an_inactive_user_is_nobody(people: dict[str, User]) -> None:
    client = with_token(people["owner"])
    User.objects.filter(username="owner").update(is_active=False)
    assert client.get("/api/v1/me/").status_code == 401


def test_a_learner_makes_learner_tokens_only(people: dict[str, User]) -> None:
    browser = logged_in(people["owner"])
    refused = browser.post("/api/v1/tokens/", {"scopes": ["grader"]}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_not_allowed")
    made = browser.post("/api/v1/tokens/", {"name": "laptop"}, content_type="application/json").json()
    client = Client(headers={"authorization": f"Bearer {made['token']}"})
    assert client.get("/api/v1/me/").json() == {"username": "owner", "is_staff": False, "scopes": ["learner"]}
    assert not Token.objects.filter(digest__contains=made["token"][3:12]).exists()


def test_a_token_makes_no_tokens(people: dict[str, User]) -> None:
    client = with_token(people["staff"], Scope.ADMIN)
    assert client.post("/api/v1/tokens/", {}, content_type="application/json").status_code == 401


def test_a_deleted_token_is_refused(people: dict[str, User]) -> None:
    browser = logged_in(people["owner"])
    made = browser.post("/api/v1/tokens/", {}, content_type="application/json").json()
    assert logged_in(people["stranger"]).delete(f"/api/v1/tokens/{made['id']}/").status_code == 404
    assert browser.delete(f"/api/v1/tokens/{made['id']}/").status_code == 204
    assert Client(headers={"authorization": f"Bearer {made['token']}"}).get("/api/v1/me/").status_code == 401
