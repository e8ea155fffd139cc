"""Management commands for logins and tokens."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.utils import timezone

from labs.models import Token
from labs.models.token import PREFIX, Scope, issue, recognise
from tests.unit.services.doubles import LocalQueue
from tests.unit.services.people import make_session


def run(*words: str) -> str:
    printed = StringIO()
    call_command(*words, stdout=printed)
    return printed.getvalue()


def test_make_admin_prints_a_login_that_works(db: None) -> None:
    made = json.loads(run("make_admin", "--json"))
    user = User.objects.get(username="admin")
    assert user.is_staff
    assert user.check_password(made["password"])
    token = recognise(made["token"])
    assert token is not None
    assert (token.user, token.scopes) == (user, ["admin"])


def test_make_admin_twice_keeps_the_password(db: None) -> None:
    password = json.loads(run("make_admin", "--json"))["password"]
    assert "there already" in run("make_admin")
    assert User.objects.get().check_password(password)
    assert Token.objects.count() == 1
    run("make_admin", "--reset")
    assert not User.objects.get().check_password(password)


@pytest.mark.parametrize(
    ("user", "words", "scopes"),
    [
        ("owner", (), ["learner"]),
        ("staff", (), ["admin"]),
        ("owner", ("--scope", "grader", "--scope", "learner"), ["learner", "grader"]),
    ],
)
def test_token_prints_a_token_alone(
    people: dict[str, User], user: str, words: tuple[str, ...], scopes: list[str]
) -> None:
    text = run("token", "--user", user, *words).strip()
    assert text.startswith(PREFIX)
    token = recognise(text)
    assert token is not None
    assert (token.user.username, token.scopes) == (user, scopes)


def test_token_refuses_a_user_that_is_not_there(people: dict[str, User]) -> None:
    with pytest.raises(CommandError, match=r"There is no user nobody; there are: .*owner"):
        run("token", "--user", "nobody")


def test_token_refuses_a_learner_the_admin_scope(people: dict[str, User]) -> None:
    with pytest.raises(CommandError, match="no administrator"):
        run("token", "--user", "owner", "--scope", "admin")


def test_a_token_is_kept_as_a_hash_and_expires(owner: User) -> None:
    _, text = issue(owner, [Scope.LEARNER], expires_at=timezone.now() + timedelta(minutes=1))
    assert recognise(text) is not None
    assert text not in str(list(Token.objects.values()))
    Token.objects.update(expires_at=timezone.now())
    assert recognise(text) is None
    assert recognise(text + "x") is None


def test_stop_ends_every_live_session(owner: User, queue: LocalQueue) -> None:
    running, queued = make_session(owner), make_session(owner, "queued")
    run("stop", "--all")
    running.refresh_from_db()
    queued.refresh_from_db()
    assert (running.state, queued.state) == ("stopping", "stopped")


def test_make_user_makes_a_learner(db: None) -> None:
    password = run("make_user", "learner").strip()
    user = User.objects.get(username="learner")
    assert user.check_password(password)
    assert not user.is_staff
    with pytest.raises(CommandError):
        run("make_user", "learner")


def test_every_command_has_a_line_of_help() -> None:
    ours = [name for name, app in get_commands().items() if app == "labs"]
    assert {"make_admin", "token", "launch", "stop", "exec", "export_schema"} <= set(ours)
    assert [name for name in ours if not load_command_class("labs", name).help] == []


def test_every_change_of_a_model_has_its_migration(db: None) -> None:
    run("makemigrations", "--check", "--dry-run")
