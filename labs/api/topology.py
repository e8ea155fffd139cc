"""The live graph of a session: whole, in other tools' formats, as numbered changes, and one namespace's facts."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router, Schema
from pydantic import Field

from labs.api.authentication import caller
from labs.services import topology
from labs.topology.export import Format
from labs.topology.facts import Facts
from labs.topology.wire import DeltaMessage, ProgressMessage, SnapshotMessage, StateMessage

router = Router()

Message = Annotated[DeltaMessage | ProgressMessage | StateMessage, Field(discriminator="type")]


class Events(Schema):
    """Messages numbered higher than `after`, in order.

    `last` is what to send as `after` next. `gap` says that messages in between are no longer kept: take a snapshot.
    """

    messages: list[Message]
    last: int
    gap: bool


@router.get(
    "{session_id}/topology/",
    operation_id="get_topology",
    response=SnapshotMessage,
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
def get_topology(request: HttpRequest, session_id: str, format: Format = "json") -> HttpResponse:
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
) -> JsonResponse:
    """List what changed after a number: deltas, launch progress and states share one numbering."""
    row = caller(request).session(session_id)
    messages, gap = topology.events(row, after, limit)
    last = messages[-1]["sequence"] if messages else after
    return JsonResponse({"messages": messages, "last": last, "gap": gap})


@router.get("{session_id}/namespaces/{namespace_id}/", operation_id="get_namespace", response=Facts)
def get_namespace(request: HttpRequest, session_id: str, namespace_id: str) -> JsonResponse:
    """Read one namespace's routes, policy rules, neighbours, FDB, firewall, counters and sysctls, now."""
    return JsonResponse(topology.facts(caller(request).session(session_id), namespace_id))
