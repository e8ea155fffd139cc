"""Every source of errors answers with one shape: RFC 9457 problem details."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from labs import places
from labs.api.problems import CODE_BY_STATUS
from labs.live import stream as streams
from tests.unit.api.conftest import logged_in, with_token
from tests.unit.services.doubles import GoneQueue, GoneStream
from tests.unit.services.people import make_session

MEMBERS = {"type", "title", "status", "detail", "code", "instance"}


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Check the shape whole, and return it."""
    body: dict[str, Any] = json.loads(response.content)
    assert response.headers["Content-Type"] == "application/problem+json", body
    assert set(body) >= MEMBERS, body
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["instance"] == response.wsgi_request.path
    assert body["type"] == f"/problems/{code.replace('_', '-')}"
    assert body["detail"].strip()
    assert not any(str(place) in response.content.decode() for place in (places.RUN, places.STATE)), body
    return body


@dataclass(frozen=True)
class Case:
    """One wrong request. `session` in the path becomes a running session's id."""

    name: str
    status: int
    code: str
    method: str = "GET"
    path: str = "/api/v1/sessions/"
    body: bytes = b""
    content_type: str = "application/json"


CASES = (
    Case("no such URL", 404, "not_found", path="/api/v1/nothing/"),
    Case("no such API", 404, "not_found", path="/api/v7/labs/"),
    Case("the API's own root", 404, "not_found", path="/api/v1/"),
    Case("a slash left out", 404, "not_found", path="/api/v1/labs"),
    Case("a slash left out of a POST", 404, "not_found", "POST", "/api/v1/sessions", b"{}"),
    Case("a method nobody takes", 405, "method_not_allowed", "PUT"),
    Case("a lab that is not there", 404, "lab_not_found", path="/api/v1/labs/no-such-lab/"),
    Case("a session that is not there", 404, "session_not_found", path="/api/v1/sessions/000000000000/"),
    Case("a session id that is none", 404, "session_not_found", path="/api/v1/sessions/not-a-session/"),
    Case("a probe that is not there", 404, "probe_not_found", path="/api/v1/sessions/session/probes/000000000000/"),
    Case("a matrix that is not there", 404, "matrix_not_found", path="/api/v1/sessions/session/matrix/latest/"),
    Case("a udp matrix without port", 422, "invalid", "POST", "/api/v1/sessions/session/matrix/",
         b'{"protocol": "udp"}'),
    Case("a matrix of one end", 422, "invalid", "POST", "/api/v1/sessions/session/matrix/", b'{"endpoints": ["web"]}'),
    Case("no body", 422, "invalid", "POST"),
    Case("malformed JSON", 400, "malformed_json", "POST", body=b'{"lab": '),
    Case("JSON that is no object", 400, "malformed_json", "POST", body=b"[1]"),
    Case("JSON that is not UTF-8", 400, "malformed_json", "POST", body=b'{"lab": "\xff"}'),
    Case("JSON nested too deep", 400, "malformed_json", "POST", body=b'{"lab":' + b"[" * 100_000),
    Case("not a number", 400, "malformed_json", "POST", body=b'{"lab": NaN}'),
    Case("a form", 415, "unsupported_media_type", "POST",
         body=b"lab=x", content_type="application/x-www-form-urlencoded"),
    Case("plain text", 415, "unsupported_media_type", "POST", body=b"{}", content_type="text/plain"),
    Case("a big body", 413, "body_too_large", "POST", body=b'{"lab": "' + b"x" * 5_000_000 + b'"}'),
    Case("a missing member", 422, "invalid", "POST", body=b"{}"),
    Case("an unknown member", 422, "invalid", "POST", body=b'{"lab": "default-bridge", "speed": "fast"}'),
    Case("a member of another type", 422, "invalid", "POST", body=b'{"lab": 7}'),
    Case("a number as text", 422, "invalid", "POST", "/api/v1/sessions/session/extend/", b'{"minutes": "7"}'),
    Case("a bad query", 422, "invalid", path="/api/v1/sessions/?limit=many"),
    Case("a page too long", 422, "invalid", path="/api/v1/sessions/?limit=100000"),
    Case("a made-up cursor", 422, "cursor_invalid", path="/api/v1/sessions/?cursor=abc"),
    Case("a bad format", 422, "invalid", path="/api/v1/sessions/session/topology/?format=png"),
    Case("a graph not read yet", 409, "topology_missing", path="/api/v1/sessions/session/topology/"),
    Case("a tcp probe without port", 422, "invalid", "POST", "/api/v1/sessions/session/probes/",
         b'{"from": "alpha", "to": "web", "protocol": "tcp"}'),
    Case("no observer", 503, "observer_unavailable", "POST", "/api/v1/sessions/session/exec/",
         b'{"target": "alpha", "argv": ["true"]}'),
    Case("no observer for facts", 503, "observer_unavailable", path="/api/v1/sessions/session/namespaces/ns:4-1/"),
    Case("an empty command", 422, "invalid", "POST", "/api/v1/sessions/session/exec/",
         b'{"target": "alpha", "argv": []}'),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_refusal_is_a_problem(people: dict[str, User], case: Case) -> None:
    session = make_session(people["owner"])
    response = with_token(people["owner"]).generic(
        case.method, case.path.replace("/session/", f"/{session.id}/"), case.body, case.content_type
    )
    assert_problem(response, case.status, case.code)


def test_a_slash_left_out_is_named(people: dict[str, User]) -> None:
    body = assert_problem(with_token(people["owner"]).get("/api/v1/labs"), 404, "not_found")
    assert "/api/v1/labs/" in body["detail"]


def test_a_refused_method_names_those_allowed(people: dict[str, User]) -> None:
    response = with_token(people["owner"]).put("/api/v1/sessions/")
    assert_problem(response, 405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "POST"}


def test_an_invalid_body_names_every_member_refused(people: dict[str, User]) -> None:
    response = with_token(people["owner"]).post(
        "/api/v1/sessions/", {"laboratory": "x"}, content_type="application/json"
    )
    errors = assert_problem(response, 422, "invalid")["errors"]
    assert {(error["in"], error["field"], error["code"]) for error in errors} == {
        ("body", "lab", "missing"),
        ("body", "laboratory", "extra_forbidden"),
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer nq_wrong"},
        {"authorization": "Basic YWRtaW46YWRtaW4="},
        {"authorization": "Bearer"},
    ],
    ids=["nothing", "a wrong token", "another scheme", "an empty token"],
)
def test_who_does_not_say_who_they_are_is_asked(db: None, headers: dict[str, str]) -> None:
    response = Client(headers=headers).get("/api/v1/labs/")
    assert_problem(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_token_beside_a_login_is_refused(people: dict[str, User]) -> None:
    response = logged_in(people["owner"]).get("/api/v1/labs/", headers={"authorization": "Bearer nq_wrong"})
    assert_problem(response, 401, "not_authenticated")


def test_a_cookie_without_its_csrf_token_changes_nothing(people: dict[str, User]) -> None:
    browser = logged_in(people["owner"], enforce_csrf=True)
    response = browser.post("/api/v1/sessions/", {"lab": "default-bridge"}, content_type="application/json")
    assert_problem(response, 403, "csrf_failed")
    assert browser.get("/api/v1/sessions/").json()["items"] == []


def test_a_name_that_is_not_ours_is_refused(db: None) -> None:
    assert_problem(Client().get("/api/v1/labs/", headers={"host": "evil.example"}), 400, "bad_request")


def test_a_full_quota_names_the_live_sessions(people: dict[str, User], settings: Settings) -> None:
    settings.SESSIONS_PER_USER = 1
    session = make_session(people["owner"])
    response = with_token(people["owner"]).post(
        "/api/v1/sessions/", {"lab": "default-bridge"}, content_type="application/json"
    )
    body = assert_problem(response, 409, "session_quota")
    assert (body["limit"], body["live"]) == (1, [session.id])


def test_a_gone_queue_says_to_try_again(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labs.services.queue.app", GoneQueue())
    response = with_token(people["owner"]).post(
        "/api/v1/sessions/", {"lab": "default-bridge"}, content_type="application/json"
    )
    assert_problem(response, 503, "queue_unavailable")
    assert response.headers["Retry-After"]


def test_a_gone_redis_says_to_try_again(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "default_stream", GoneStream)
    session = make_session(people["owner"])
    response = with_token(people["owner"]).get(f"/api/v1/sessions/{session.id}/topology/events/")
    assert_problem(response, 503, "unavailable")


def test_too_many_logins_are_throttled(people: dict[str, User]) -> None:
    browser = Client()

    def attempt() -> Any:
        return browser.post(
            "/api/v1/auth/login/", {"username": "owner", "password": "guess"}, content_type="application/json"
        )

    for _ in range(20):
        assert_problem(attempt(), 401, "login_failed")
    response = attempt()
    assert_problem(response, 429, "throttled")
    assert int(response.headers["Retry-After"]) > 0


def test_a_mistake_of_ours_tells_no_secret(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_catalog() -> list[object]:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("labs.services.catalog.labs", broken_catalog)
    body = assert_problem(with_token(people["owner"]).get("/api/v1/labs/"), 500, "internal_error")
    assert "secret" not in json.dumps(body)


def test_every_status_the_api_maps_has_a_code_of_its_own() -> None:
    assert len(set(CODE_BY_STATUS.values())) == len(CODE_BY_STATUS)
