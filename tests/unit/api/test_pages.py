"""The page's index and the headers of every answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings


@pytest.fixture
def built(tmp_path: Path, settings: Settings) -> Path:
    settings.FRONTEND = tmp_path
    (tmp_path / "index.html").write_text("<!doctype html><title>Netquarium</title>")
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/login", "/sessions/0123456789ab", "/labs/pod-pause"])
def test_every_route_of_the_page_gets_the_index(built: Path, path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert b"<title>Netquarium" in answer.content
    assert "csrftoken" in answer.cookies


@pytest.mark.parametrize("path", ["/assets/old-1a2b.js", "/static/nothing.css", "/ws/sessions/x/"])
def test_a_missing_file_is_not_the_index(built: Path, path: str) -> None:
    assert Client().get(path).status_code == 404


def test_the_page_takes_no_posts(built: Path) -> None:
    assert Client().post("/").status_code == 405


def test_an_unbuilt_page_says_how_to_build_it(tmp_path: Path, settings: Settings) -> None:
    settings.FRONTEND = tmp_path / "nothing"
    answer = Client().get("/")
    assert answer.status_code == 503
    assert b"./nq up" in answer.content


@pytest.mark.parametrize("path", ["/", "/api/v1/labs/", "/api/v1/docs", "/nothing"])
def test_every_answer_carries_the_security_headers(built: Path, path: str) -> None:
    headers = Client().get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


def test_the_documentation_page_has_its_own_assets() -> None:
    client = Client()
    whole = client.get("/static/ninja/swagger-ui.css")
    assert (whole.status_code, int(whole.headers["Content-Length"])) == (200, len(whole.content))
    assert whole.headers["Content-Type"].startswith("text/css")
    part = client.get("/static/ninja/swagger-ui.css", headers={"range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, whole.content[2:6])
    same = client.get("/static/ninja/swagger-ui.css", headers={"if-none-match": whole.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    head = client.head("/static/ninja/swagger-ui.css")
    assert (head.content, head.headers["Content-Length"]) == (b"", whole.headers["Content-Length"])
