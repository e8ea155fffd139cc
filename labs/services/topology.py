"""A session's graph and facts, from the stream and the observer. Called by the web process; enters no namespace."""

from __future__ import annotations

import json
from typing import Any

from labs.live import client, stream
from labs.models import LabSession
from labs.models.session import State
from labs.services.errors import NotRunning, TopologyMissing
from labs.topology import export
from labs.topology.graph import from_elements
from labs.topology.wire import elements_from_object


def exported(row: LabSession, kind: export.Format) -> tuple[str, str]:
    """Return the latest graph as text and its media type. Raises TopologyMissing before the first was read."""
    found = stream.default_stream().snapshot(row.id)
    if found is None:
        raise TopologyMissing(f"The session is {row.state}; its graph has not been read.", state=row.state)
    if kind == "json":
        text = json.dumps(found)
    else:
        elements = elements_from_object({"nodes": found["nodes"], "edges": found["edges"]})
        text = export.write(from_elements(elements), kind)
    return text, export.MEDIA_TYPES[kind]


def events(row: LabSession, after: int, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Return messages numbered higher than `after`, and whether some right after it are no longer kept."""
    messages = stream.default_stream().after(row.id, after, limit)
    return messages, bool(after and messages and messages[0]["sequence"] > after + 1)


def facts(row: LabSession, namespace: str) -> dict[str, Any]:
    """Return what the observer reads in one namespace now. Raises NotRunning and what `labs.live.client` raises."""
    require_running(row)
    return client.facts(row.id, namespace)


def require_running(row: LabSession) -> None:
    """Raise NotRunning unless hosts of the session run (a launch under way may be looked into)."""
    if row.state not in (State.RUNNING, State.LAUNCHING):
        raise NotRunning(f"The session is {row.state}.", state=row.state)
