"""Checks across a whole lab, each pointing at the place to change. They look at a `Plan` and report; nothing runs."""

from __future__ import annotations

from labs.specs.plan import Plan
from labs.specs.problem import Report
from labs.specs.publishing import check_ports


def check(plan: Plan, report: Report) -> None:
    check_ports(plan, report)
