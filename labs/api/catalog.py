"""The labs that ship, and validation of lab files anybody wrote."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from labs.api.shapes import Input
from labs.api.throttle import PerUser
from labs.services import catalog
from labs.specs.lab import Lab
from labs.specs.problem import Problem as SpecProblem

router = Router()


class LabSummary(Schema):
    slug: str
    title: str
    summary: str
    level: str
    minutes: int = Field(description="How long a session lasts before it expires, unless extended")
    hosts: list[str]
    features: list[str] = Field(description="Network modes and subjects, such as bridge, overlay, dns, ports")


class LabFile(Schema):
    name: str
    text: str


class LabNetwork(Schema):
    name: str
    driver: str
    hosts: list[str]
    subnets: list[str]
    internal: bool


class LabContainer(Schema):
    name: str
    host: str
    image: str
    mode: str = Field(description="A network's name list, or bridge, host, none, container:NAME")
    networks: list[str]


class LabDetail(LabSummary):
    lesson: str = Field(description="Markdown")
    files: list[LabFile]
    networks: list[LabNetwork]
    containers: list[LabContainer]


class Files(Input):
    files: dict[str, str] = Field(max_length=50, description="File name → text, as in a lab folder")


class LabProblem(Schema):
    """One thing wrong in a lab's files; line and column count from 1."""

    file: str
    line: int
    column: int
    code: str
    severity: Literal["error", "warning"]
    message: str
    found: str | None
    allowed: list[str]
    remedy: str | None


class LabOutline(LabSummary):
    networks: list[LabNetwork]
    containers: list[LabContainer]


class Validation(Schema):
    """`lab` is null when there are errors; warnings alone leave a lab valid."""

    valid: bool
    problems: list[LabProblem]
    lab: LabOutline | None


@router.get("", operation_id="list_labs", response=list[LabSummary])
def list_labs(request: HttpRequest) -> list[LabSummary]:
    """List the labs that ship, easiest first."""
    return [summary(lab) for lab in catalog.labs()]


@router.post("validate/", operation_id="validate_lab", response=Validation, throttle=[PerUser("validate", 120)])
def validate_lab(request: HttpRequest, body: Files) -> Validation:
    """Check lab files without starting anything. Every problem has its place and, where there is one, a remedy."""
    found = catalog.validate(body.files)
    return Validation(
        valid=found.lab is not None,
        problems=[_problem(problem) for problem in found.problems],
        lab=None if found.lab is None else outline(found.lab),
    )


# After validate/, which it would match too.
@router.get("{slug}/", operation_id="get_lab", response=LabDetail)
def get_lab(request: HttpRequest, slug: str) -> LabDetail:
    """Give one lab: its lesson, its files, and what it starts."""
    lab = catalog.load(slug)
    files = [LabFile(name=name, text=text) for name, text in catalog.files(slug).items()]
    return LabDetail(**outline(lab).model_dump(), lesson=lab.lesson, files=files)


def summary(lab: Lab) -> LabSummary:
    """Return what a catalogue card shows."""
    return LabSummary(
        slug=lab.slug,
        title=lab.title,
        summary=lab.summary,
        level=lab.level,
        minutes=lab.minutes,
        hosts=[host.name for host in lab.hosts],
        features=catalog.features(lab),
    )


def outline(lab: Lab) -> LabOutline:
    """Return what a lab starts."""
    names = {network.key: network.name for network in lab.networks}
    return LabOutline(
        **summary(lab).model_dump(),
        networks=[
            LabNetwork(
                name=network.name,
                driver=network.driver,
                hosts=list(network.hosts),
                subnets=[str(subnet.subnet) for subnet in network.subnets],
                internal=network.internal,
            )
            for network in lab.networks
        ],
        containers=[
            LabContainer(
                name=container.name,
                host=container.host,
                image=container.image,
                mode=f"container:{container.mode.target}" if container.mode.target else container.mode.kind,
                networks=[names[attachment.network] for attachment in container.attachments],
            )
            for container in lab.containers
        ],
    )


def _problem(problem: SpecProblem) -> LabProblem:
    return LabProblem(
        file=problem.file,
        line=problem.line,
        column=problem.column,
        code=problem.code,
        severity=problem.severity.value,
        message=problem.message,
        found=problem.found,
        allowed=list(problem.allowed),
        remedy=problem.remedy,
    )
