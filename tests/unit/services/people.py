"""The people of the permission tests, and quick rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from labs.models import LabSession


def make_people() -> dict[str, User]:
    """Make the owner, a teammate of hers, a stranger, and a member of staff."""
    people = {
        name: User.objects.create_user(name, password=f"{name}-pass") for name in ("owner", "teammate", "stranger")
    }
    people["staff"] = User.objects.create_user("staff", password="staff-pass", is_staff=True)
    team = Group.objects.create(name="team")
    for name in ("owner", "teammate"):
        people[name].groups.add(team)
    return people


def make_session(owner: User, state: str = "running", **fields: Any) -> LabSession:
    """Make a session's row in a state, as the services would have left it."""
    now = timezone.now()
    values: dict[str, Any] = {
        "lab": "default-bridge",
        "title": "The default bridge",
        "minutes": 60,
        "machine": "" if state == "queued" else "here",
        "hosts": [{"name": "alpha", "address": "10.77.0.11"}] if state == "running" else [],
        "started_at": now if state == "running" else None,
        "expires_at": now + timedelta(minutes=60),
    }
    return LabSession.objects.create(owner=owner, state=state, **(values | fields))
