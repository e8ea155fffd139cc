"""How long a dependency may take."""

from __future__ import annotations

from dataclasses import replace

from labs.engine import condition
from labs.specs.lab import Healthcheck

from .labs import container


def test_a_slow_health_check_gets_the_time_it_may_need() -> None:
    check = Healthcheck(("CMD", "true"), interval_s=30, timeout_s=10, retries=3, start_period_s=20)
    assert condition.deadline_s(replace(container("db"), healthcheck=check)) == 180


def test_a_dependency_gets_at_least_a_minute() -> None:
    assert condition.deadline_s(container("db")) == 60
