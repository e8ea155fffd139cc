"""What a target's text means, and that no text becomes an option of a command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.live import target
from labs.live.errors import TargetUnknown
from labs.live.target import Target

RUNNING = {"alpha": ["web", "db"], "beta": ["web"]}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("alpha", Target("alpha")),
        ("alpha/web", Target("alpha", "web")),
        ("beta/web", Target("beta", "web")),
        ("db", Target("alpha", "db")),
    ],
)
def test_resolve_understands(text: str, meant: Target) -> None:
    assert target.resolve(text, RUNNING) == meant
    assert target.resolve(str(meant), RUNNING) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("web", "alpha/web or beta/web"),
        ("gamma", "alpha, beta"),
        ("gamma/web", "There is no host gamma"),
        ("beta/db", "No container db runs on beta"),
        ("alpha/", "host/container"),
        ("/web", "host/container"),
        ("alpha/web/x", "host/container"),
        ("", "host/container"),
        ("--privileged", "host/container"),
        ("alpha/-it", "host/container"),
        ("alpha/../beta", "host/container"),
    ],
)
def test_resolve_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(TargetUnknown, match=reason):
        target.resolve(text, RUNNING)


@given(st.text())
def test_resolve_only_ever_returns_what_runs(text: str) -> None:
    try:
        found = target.resolve(text, RUNNING)
    except TargetUnknown:
        return
    assert found.host in RUNNING
    assert found.container is None or found.container in RUNNING[found.host]


def test_a_shell_in_a_container_names_it_in_the_prompt() -> None:
    argv = target.shell(Target("alpha", "web"), "m")
    assert argv[:3] == ["docker", "exec", "-it"]
    assert "PS1=root@web:$PWD# " in argv
