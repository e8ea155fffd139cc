"""Logging in as the page does: get the page, take its CSRF cookie, send it back."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.unit.api.conftest import with_token

JSON = "application/json"


def token_of(browser: Client) -> dict[str, str]:
    return {"x-csrftoken": browser.cookies["csrftoken"].value}


@pytest.mark.parametrize("first", ["/", "/api/v1/auth/csrf/"])
def test_a_browser_logs_in_and_out(people: dict[str, User], first: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.get(first)
    answer = browser.post(
        "/api/v1/auth/login/", {"username": "owner", "password": "owner-pass"}, JSON, headers=token_of(browser)
    )
    assert answer.json() == {"username": "owner", "is_staff": False, "scopes": None}
    assert browser.get("/api/v1/me/").json() == answer.json()
    assert browser.post("/api/v1/auth/logout/", headers=token_of(browser)).status_code == 204
    assert browser.get("/api/v1/me/").status_code == 401


def test_a_log_in_without_the_csrf_token_is_refused(people: dict[str, User]) -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post("/api/v1/auth/login/", {"username": "owner", "password": "owner-pass"}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


@pytest.mark.parametrize(
    ("username", "password"), [("owner", "wrong"), ("nobody", "owner-pass"), ("inactive", "inactive-pass")]
)
def test_a_refused_log_in_never_says_why(people: dict[str, User], username: str, password: str) -> None:
    User.objects.create_user("inactive", password="inactive-pass", is_active=False)
    answer = Client().post("/api/v1/auth/login/", {"username": username, "password": password}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (401, "login_failed")
    assert answer.json()["detail"] == "This user name and password do not belong together."


def test_a_token_needs_no_csrf_token(people: dict[str, User]) -> None:
    client = with_token(people["owner"])
    client.handler.enforce_csrf_checks = True
    answer = client.post("/api/v1/sessions/", {"lab": "default-bridge"}, JSON)
    assert answer.status_code == 202
