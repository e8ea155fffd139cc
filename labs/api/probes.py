"""Measure whether one end reaches another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict, Field, model_validator

from labs.api.authentication import caller
from labs.api.shapes import Cursor, Input, Limit, Page, page
from labs.api.throttle import PerUser
from labs.models import Probe as ProbeRow
from labs.models.probe import ProbeState, Protocol
from labs.services import probe_request
from labs.services.errors import ProbeNotFound

router = Router()

ProtocolName = Literal["icmp", "tcp", "udp", "dns", "http"]
VerdictName = Literal["reachable", "refused", "rejected", "no_route", "no_reply", "name_not_found", "not_measured"]
Wait = Annotated[float, Field(ge=0, le=30, description="Seconds to wait for the verdict before answering")]
_PRINTABLE = r"^[^\s\x00-\x1f\x7f]+$"


class ProbeOrder(Input):
    """Where from, where to, and how. tcp and udp need a port; http and dns have 80 and 53 by default.

    `from`: a host, host/container, a container's name if unique, an address of one, or a namespace of the graph.
    `to`: an address, a host, host/container, or a name, which the source's own resolver has to find.
    """

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    source: Annotated[str, Field(alias="from", min_length=1, max_length=200, pattern=_PRINTABLE)]
    destination: Annotated[str, Field(alias="to", min_length=1, max_length=253, pattern=_PRINTABLE)]
    protocol: ProtocolName = "icmp"
    port: int | None = Field(None, ge=1, le=65535)
    timeout_s: float = Field(2.0, gt=0, le=10)

    @model_validator(mode="after")
    def _port_fits(self) -> Self:
        if self.protocol in {"tcp", "udp"} and self.port is None:
            raise ValueError(f"{self.protocol} needs a port")
        if self.protocol == "icmp" and self.port is not None:
            raise ValueError("icmp has no ports")
        return self


class Probe(Schema):
    """A probe and, once `state` is done, its verdict, in a sentence too, with what was measured as evidence."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    source: str = Field(alias="from")
    destination: str = Field(alias="to")
    protocol: ProtocolName
    port: int | None
    timeout_s: float
    state: Literal["queued", "running", "done"]
    verdict: VerdictName | None
    rtts_ms: list[float] = Field(description="One per reply, in sending order")
    sentence: str
    evidence: dict[str, Any]
    created_at: datetime


def shown(row: ProbeRow) -> Probe:
    """Return a row as the API shows it."""
    return Probe.model_validate(
        {
            "from": row.source,
            "to": row.destination,
            **{
                name: getattr(row, name)
                for name in (
                    *("id", "protocol", "port", "timeout_s", "state", "verdict"),
                    *("rtts_ms", "sentence", "evidence", "created_at"),
                )
            },
        }
    )


@router.post(
    "{session_id}/probes/",
    operation_id="create_probe",
    response={200: Probe, 202: Probe},
    by_alias=True,
    throttle=[PerUser("probes", 1200)],
)
def create_probe(
    request: HttpRequest,
    response: HttpResponse,
    session_id: str,
    body: ProbeOrder,
    wait: Wait = 0,
) -> Status[Probe]:
    """Measure once. Answers 202 with a `Location` to poll, or 200 when the verdict came within `wait` seconds."""
    session = caller(request).session_to_change(session_id)
    row = probe_request.ask(session, body.source, body.destination, Protocol(body.protocol), body.port, body.timeout_s)
    if wait:
        row = probe_request.wait(row, wait)
    response.headers["Location"] = f"/api/v1/sessions/{session.id}/probes/{row.id}/"
    return Status(200 if row.state == ProbeState.DONE else 202, shown(row))


@router.get("{session_id}/probes/", operation_id="list_probes", response=Page[Probe], by_alias=True)
def list_probes(request: HttpRequest, session_id: str, cursor: Cursor | None = None, limit: Limit = 50) -> Page[Probe]:
    """List the session's probes, newest first."""
    session = caller(request).session(session_id)
    found, following = page(ProbeRow.objects.filter(session=session), cursor, limit)
    return Page[Probe](items=[shown(row) for row in found], next=following)


@router.get("{session_id}/probes/{probe_id}/", operation_id="get_probe", response=Probe, by_alias=True)
def get_probe(request: HttpRequest, session_id: str, probe_id: str, wait: Wait = 0) -> Probe:
    """Give one probe, at once or when it is measured but at the latest after `wait` seconds."""
    session = caller(request).session(session_id)
    row = ProbeRow.objects.filter(session=session, id=probe_id).first()
    if row is None:
        raise ProbeNotFound(f"The session has no probe {probe_id[:40]}.")
    if wait and row.state != ProbeState.DONE:
        row = probe_request.wait(row, wait)
    return shown(row)
