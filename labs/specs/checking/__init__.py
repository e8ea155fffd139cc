"""Checks across a whole lab, each pointing at the place to change. They look at a `Plan` and report; nothing runs.

What they refuse is what Docker Engine 20.10 would refuse or quietly do differently, found before anything starts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labs.specs.checking.dealing import check_dealing
from labs.specs.checking.drivers import check_drivers
from labs.specs.checking.modes import check_modes
from labs.specs.checking.names import check_names
from labs.specs.checking.ports import check_ports
from labs.specs.checking.references import check_references
from labs.specs.checking.sizes import check_sizes
from labs.specs.checking.static_addresses import check_static_addresses
from labs.specs.checking.subnets import check_subnets
from labs.specs.plan import Plan
from labs.specs.problem import Report

_CHECKS: Final[tuple[Callable[[Plan, Report], None], ...]] = (
    check_references,
    check_names,
    check_modes,
    check_drivers,
    check_subnets,
    check_static_addresses,
    check_dealing,
    check_ports,
    check_sizes,
)


def check(plan: Plan, report: Report) -> None:
    for each in _CHECKS:
        each(plan, report)
