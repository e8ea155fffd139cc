"""The services' fixtures, and callers of the API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from labs.models.token import Scope, issue
from tests.unit.services.conftest import capable_kernel, local_cache, owner, people, queue, stream

__all__ = ["capable_kernel", "local_cache", "owner", "people", "queue", "stream"]


@pytest.fixture(autouse=True)
def fresh_throttles(local_cache: None) -> None:
    cache.clear()


def with_token(user: User, *scopes: Scope) -> Client:
    """Return a client that sends a new bearer token of the user."""
    _, text = issue(user, scopes or [Scope.LEARNER])
    return Client(headers={"authorization": f"Bearer {text}"})


def logged_in(user: User, *, enforce_csrf: bool = False) -> Client:
    """Return a browser in which the user has logged in."""
    client = Client(enforce_csrf_checks=enforce_csrf)
    client.force_login(user)
    return client
