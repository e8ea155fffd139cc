"""The sweep goes on past a session that cannot be put right."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from labs.hosts import host as hosts
from labs.models import LabSession
from labs.services.session import sweep
from tests.unit.services.people import make_session


def test_session_that_resists_keeps_no_other_from_being_swept(
    owner: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MACHINE = "here"
    resisting, other = (make_session(owner, "stopping", id=f"{number:012x}") for number in range(2))

    def stop(session: str) -> None:
        if session == resisting.id:
            raise RecursionError("a learner's tree without end")

    monkeypatch.setattr(hosts, "sessions", set)
    monkeypatch.setattr(hosts, "stop_session", stop)
    sweep.sweep()
    states = dict(LabSession.objects.values_list("id", "state"))
    assert states == {resisting.id: "stopping", other.id: "stopped"}
