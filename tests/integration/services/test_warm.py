"""Warm hosts: parked ahead, claimed by a launch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from labs.hosts import box, pool
from labs.hosts import host as hosts
from labs.services import warm
from labs.services.session import launch
from tests.integration.services.conftest import WriteLab, created
from tests.integration.services.test_launch import TWO

pytestmark = pytest.mark.engine


@pytest.fixture
def parked(owner: User, settings: Settings) -> Iterator[list[str]]:
    """The boxes of two parked hosts."""
    settings.WARM_HOSTS = 2
    warm.refill()
    yield sorted(box.boxes())
    pool.clear()


def test_a_launch_claims_a_parked_host(owner: User, write_lab: WriteLab, parked: list[str]) -> None:
    row = created(owner, write_lab("two", TWO))
    launch.launch(row.id)
    row.refresh_from_db()
    (host,) = hosts.running(row.id)
    assert (row.state, host.name) == ("running", "alpha")
    assert host.box in parked


def test_refill_parks_and_removes_as_told(parked: list[str], settings: Settings) -> None:
    assert len(parked) == 2
    settings.WARM_HOSTS = 1
    warm.refill()
    assert len(box.boxes()) == 1
    settings.WARM_HOSTS = 0
    warm.refill()
    assert not box.boxes()
