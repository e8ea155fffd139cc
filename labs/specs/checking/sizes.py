"""Containers against the size of the lab host they run on."""

from __future__ import annotations

from labs.specs.plan import Plan
from labs.specs.problem import Code, Report


def check_sizes(plan: Plan, report: Report) -> None:
    limits = plan.lab.limits
    for service in plan.services.values():
        deployment = service.deployment
        if deployment.cpus is not None and deployment.cpus.value > limits.cpus:
            report.error(
                deployment.cpus.place,
                Code.LIMIT,
                f"'{service.name}' may use {deployment.cpus.value:g} processors; its host has {limits.cpus:g}.",
                found=f"{deployment.cpus.value:g}",
                remedy=f"Write at most {limits.cpus:g}, or raise 'limits: cpus' in lab.yml.",
            )
        if deployment.memory_bytes is not None and deployment.memory_bytes.value > limits.memory_bytes:
            report.warning(
                deployment.memory_bytes.place,
                Code.LIMIT,
                f"'{service.name}' may use {deployment.memory_bytes.value >> 20} MiB;"
                f" its host has {limits.memory_bytes >> 20} MiB in all.",
                remedy="Write less, or raise 'limits: memory' in lab.yml.",
            )
