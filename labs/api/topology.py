"""The live graph of a session: whole, in other tools' formats, as numbered changes, and one namespace's facts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from labs.api.authentication import caller
from labs.services import topology

router = Router()

FormatName = Literal["json", "cytoscape", "graphml", "dot", "mermaid"]


class Events(Schema):
    """Messages numbered higher than `after`, in order; see docs/live.md for their shapes.

    `last` is what to send as `after` next. `gap` says that messages in between are no longer kept: take a snapshot.
    """

    messages: list[dict[str, Any]]
    last: int
    gap: bool


@router.get(
    "{session_id}/topology/",
    operation_id="get_topology",
    response=dict[str, Any],
    openapi_extra={
        "responses": {
            200: {
                "description": "The snapshot, or the graph in the format asked for",
                "content": {
                    "application/graphml+xml": {"schema": {"type": "string"}},
                    "text/vnd.graphviz": {"schema": {"type": "string"}},
                    "text/vnd.mermaid": {"schema": {"type": "string"}},
                },
            }
        }
    },
)
def get_topology(request: HttpRequest, session_id: str, format: FormatName = "json") -> HttpResponse:
    """Give the whole graph as it is now. Its `sequence` is the number of the last change it contains."""
    row = caller(request).session(session_id)
    text, content_type = topology.exported(row, format)
    return HttpResponse(text, content_type=content_type)


@router.get("{session_id}/topology/events/", operation_id="list_topology_events", response=Events)
def list_topology_events(
    request: HttpRequest,
    session_id: str,
    after: Annotated[int, Field(ge=0, description="A snapshot's `sequence`, or `last` of the answer before")] = 0,
    limit: Annotated[int, Field(ge=1, le=2000)] = 500,
) -> Events:
    """List what changed after a number: deltas, launch progress and states share one numbering."""
    row = caller(request).session(session_id)
    messages, gap = topology.events(row, after, limit)
    return Events(messages=messages, last=messages[-1]["sequence"] if messages else after, gap=gap)


@router.get("{session_id}/namespaces/{namespace_id}/", operation_id="get_namespace", response=dict[str, Any])
def get_namespace(request: HttpRequest, session_id: str, namespace_id: str) -> dict[str, Any]:
    """Read one namespace's routes, policy rules, neighbours, FDB, firewall, counters and sysctls, now."""
    return topology.facts(caller(request).session(session_id), namespace_id)
