"""Names that must lead somewhere: images, networks, dependencies."""

from __future__ import annotations

from typing import Final

from labs.specs.lab import Condition
from labs.specs.plan import Plan, uses
from labs.specs.problem import Code, Report
from labs.specs.service import Service

_RESTARTS_FOR_EVER: Final = ("always", "unless-stopped")


def check_references(plan: Plan, report: Report) -> None:
    for service in plan.services.values():
        _check_image(plan, service, report)
        _check_networks(plan, service, report)
        _check_dependencies(plan, service, report)
    for network in plan.networks.values():
        if not any(use.network == network.key for service in plan.services.values() for use in uses(service)):
            report.warning(
                network.place,
                Code.UNUSED_NETWORK,
                f"No service joins the network '{network.key}', so it is not made.",
                found=network.key,
                remedy="Name it under a service's 'networks', or delete it.",
            )


def _check_image(plan: Plan, service: Service, report: Report) -> None:
    image = service.image
    if image is None or plan.images is None or image.value in plan.images:
        return
    report.error(
        image.place,
        Code.UNKNOWN_IMAGE,
        f"No image '{image.value}' is on the lab hosts.",
        found=image.value,
        allowed=sorted(plan.images),
        remedy=report.did_you_mean(image.value, plan.images) or f"Use one of {', '.join(sorted(plan.images))}.",
    )


def _check_networks(plan: Plan, service: Service, report: Report) -> None:
    for use in service.networks or ():
        if use.network not in plan.networks:
            report.error(
                use.place,
                Code.UNKNOWN_NETWORK,
                f"No network '{use.network}' is described under 'networks'.",
                found=use.network,
                allowed=sorted(plan.networks),
                remedy=report.did_you_mean(use.network, plan.networks) or f"Add '{use.network}:' under 'networks'.",
            )


def _check_dependencies(plan: Plan, service: Service, report: Report) -> None:
    for dependency in service.depends_on:
        name, condition = dependency.value.service, dependency.value.condition
        before = plan.services.get(name)
        if before is None:
            report.error(
                dependency.place,
                Code.UNKNOWN_SERVICE,
                f"No service of this lab is called '{name}'.",
                found=name,
                allowed=sorted(plan.services),
                remedy=report.did_you_mean(name, plan.services),
            )
            continue
        unchecked = before.healthcheck is None or before.healthcheck.test == ("NONE",)
        if condition is Condition.HEALTHY and unchecked and "healthcheck" not in _reported(before):
            report.error(
                dependency.place,
                Code.CONDITION,
                f"'{name}' has no healthcheck, so it never becomes healthy.",
                found=condition,
                remedy=f"Add a healthcheck to '{name}', or wait for service_started.",
            )
        if condition is Condition.COMPLETED and before.restart in _RESTARTS_FOR_EVER:
            report.error(
                dependency.place,
                Code.CONDITION,
                f"'{name}' is started again whenever it ends (restart: {before.restart}), so it never completes.",
                found=condition,
                remedy=f"Give '{name}' the restart policy 'no' or 'on-failure'.",
            )


def _reported(service: Service) -> frozenset[str]:
    """Return the keys that are written but could not be read, which has been reported."""
    return frozenset({"healthcheck"} if "healthcheck" in service.at and service.healthcheck is None else ())
