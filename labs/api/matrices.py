"""Measure every pair of a session's ends at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict, Field, model_validator

from labs.api.authentication import caller
from labs.api.probes import VerdictName, Wait
from labs.api.shapes import Cursor, Input, Limit, Page, page
from labs.api.throttle import PerUser
from labs.models import Matrix as MatrixRow
from labs.models.probe import ProbeState, Protocol
from labs.services import matrix_request
from labs.services.errors import MatrixNotFound

router = Router()

ProtocolName = Literal["icmp", "tcp", "udp"]
EndName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f\x7f]+$")]


class MatrixOrder(Input):
    """What every end asks every other. tcp and udp need a port.

    `endpoints`: hosts, host/container, or containers' names if unique; all hosts and containers if left out.
    `settle_s`: ask pairs that are not reachable again for so long, where a state is still converging.
    """

    protocol: ProtocolName = "icmp"
    port: int | None = Field(None, ge=1, le=65535)
    timeout_s: float = Field(1.0, ge=0.05, le=5)
    settle_s: float = Field(0.0, ge=0, le=30)
    endpoints: list[EndName] | None = Field(None, min_length=2, max_length=150)

    @model_validator(mode="after")
    def _port_fits(self) -> Self:
        if self.protocol != "icmp" and self.port is None:
            raise ValueError(f"{self.protocol} needs a port")
        if self.protocol == "icmp" and self.port is not None:
            raise ValueError("icmp has no ports")
        return self


class MatrixEnd(Schema):
    """A host or a container, and the networks it is on."""

    name: str
    kind: Literal["host", "container"]
    host: str
    networks: list[str]


class MatrixCell(Schema):
    """One pair's verdict, in a sentence too; `rtt_ms` if it is reachable."""

    model_config = ConfigDict(populate_by_name=True)

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    verdict: VerdictName
    rtt_ms: float | None
    sentence: str
    evidence: dict[str, Any]


class MatrixSummary(Schema):
    """A matrix without its cells: `counts` says how many have each verdict, once `state` is done.

    `reason` says why nothing at all could be measured. `took_ms` is the time of measuring alone.
    """

    id: str
    protocol: ProtocolName
    port: int | None
    timeout_s: float
    settle_s: float
    state: Literal["queued", "running", "done"]
    reason: str | None
    counts: dict[VerdictName, int]
    took_ms: float | None
    created_at: datetime


class Matrix(MatrixSummary):
    """A matrix: a cell for every ordered pair of different endpoints, sources in the endpoints' order."""

    endpoints: list[MatrixEnd]
    cells: list[MatrixCell]


def summary(row: MatrixRow) -> MatrixSummary:
    """Return a row as a list shows it."""
    return MatrixSummary.model_validate(_common(row))


def shown(row: MatrixRow) -> Matrix:
    """Return a row as the API shows it."""
    return Matrix.model_validate({**_common(row), "endpoints": row.ends, "cells": row.cells})


def _common(row: MatrixRow) -> dict[str, object]:
    names = ("id", "protocol", "port", "timeout_s", "settle_s", "state", "reason", "counts", "took_ms", "created_at")
    return {name: getattr(row, name) for name in names}


@router.post(
    "{session_id}/matrix/",
    operation_id="create_matrix",
    response={200: Matrix, 202: Matrix},
    by_alias=True,
    throttle=[PerUser("matrices", 120)],
)
def create_matrix(
    request: HttpRequest,
    response: HttpResponse,
    session_id: str,
    body: MatrixOrder,
    wait: Wait = 0,
) -> Status[Matrix]:
    """Measure every pair once. Answers 202 with a `Location` to poll, or 200 when done within `wait` seconds."""
    session = caller(request).session_to_change(session_id)
    row = matrix_request.ask(
        session,
        Protocol(body.protocol),
        body.port,
        body.timeout_s,
        settle_s=body.settle_s,
        ends=body.endpoints or (),
    )
    if wait:
        row = matrix_request.wait(row, wait)
    response.headers["Location"] = f"/api/v1/sessions/{session.id}/matrix/{row.id}/"
    return Status(200 if row.state == ProbeState.DONE else 202, shown(row))


@router.get("{session_id}/matrix/", operation_id="list_matrices", response=Page[MatrixSummary])
def list_matrices(
    request: HttpRequest, session_id: str, cursor: Cursor | None = None, limit: Limit = 50
) -> Page[MatrixSummary]:
    """List the session's matrices, newest first, without cells; it keeps the latest twenty."""
    session = caller(request).session(session_id)
    rows = MatrixRow.objects.filter(session=session).defer("cells", "ends")
    found, following = page(rows, cursor, limit)
    return Page[MatrixSummary](items=[summary(row) for row in found], next=following)


@router.get("{session_id}/matrix/{matrix_id}/", operation_id="get_matrix", response=Matrix, by_alias=True)
def get_matrix(request: HttpRequest, session_id: str, matrix_id: str, wait: Wait = 0) -> Matrix:
    """Give one matrix (`latest` for the newest), at once or when it is done but at the latest after `wait` seconds."""
    session = caller(request).session(session_id)
    rows = MatrixRow.objects.filter(session=session).order_by("-created_at", "-pk")
    row = rows.first() if matrix_id == "latest" else rows.filter(id=matrix_id).first()
    if row is None:
        raise MatrixNotFound(f"The session has no matrix {matrix_id[:40]}.")
    if wait and row.state != ProbeState.DONE:
        row = matrix_request.wait(row, wait)
    return shown(row)
