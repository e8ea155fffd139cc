"""Open shells and hand out the one-use tickets with which a browser attaches to them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from labs.api.authentication import caller
from labs.api.shapes import Input
from labs.live import client
from labs.models import LabSession
from labs.services import topology

router = Router()


class TerminalOrder(Input):
    target: str = Field(min_length=1, max_length=200, description="A host, host/container, or a container if unique")
    columns: int = Field(80, ge=2, le=1000)
    rows: int = Field(24, ge=2, le=1000)


class Terminal(Schema):
    id: str
    target: str


class TerminalTicket(Schema):
    """Connect a WebSocket to `url` within 30 seconds; a ticket opens it once."""

    id: str
    target: str
    ticket: str
    url: str


def _session(request: HttpRequest, session_id: str) -> LabSession:
    row = caller(request).session_to_enter(session_id)
    topology.require_running(row)
    return row


@router.post("{session_id}/terminals/", operation_id="open_terminal", response={201: TerminalTicket})
def open_terminal(
    request: HttpRequest, response: HttpResponse, session_id: str, body: TerminalOrder
) -> Status[TerminalTicket]:
    """Open a shell as root of the target. It lives until it ends, is closed, or nobody watched it for five minutes."""
    row = _session(request, session_id)
    opened = TerminalTicket.model_validate(
        client.open_terminal(row.id, body.target, columns=body.columns, rows=body.rows)
    )
    response.headers["Location"] = f"/api/v1/sessions/{row.id}/terminals/{opened.id}/"
    return Status(201, opened)


@router.get("{session_id}/terminals/", operation_id="list_terminals", response=list[Terminal])
def list_terminals(request: HttpRequest, session_id: str) -> list[Terminal]:
    """List the open shells of the session."""
    row = _session(request, session_id)
    return [Terminal.model_validate(one) for one in client.terminals(row.id)]


@router.post(
    "{session_id}/terminals/{terminal_id}/tickets/", operation_id="reattach_terminal", response={201: TerminalTicket}
)
def reattach_terminal(request: HttpRequest, session_id: str, terminal_id: str) -> Status[TerminalTicket]:
    """Get a new ticket for an open shell, after a reload: what it printed lately is sent again."""
    row = _session(request, session_id)
    return Status(201, TerminalTicket.model_validate(client.ticket(row.id, terminal_id)))


@router.delete("{session_id}/terminals/{terminal_id}/", operation_id="close_terminal", response={204: None})
def close_terminal(request: HttpRequest, session_id: str, terminal_id: str) -> Status[None]:
    """End a shell and what runs in it."""
    row = _session(request, session_id)
    client.close_terminal(row.id, terminal_id)
    return Status(204, None)
