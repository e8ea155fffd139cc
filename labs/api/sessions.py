"""Sessions: launch, watch, extend, reset, stop."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from labs.api.authentication import caller
from labs.api.shapes import Cursor, Input, Limit, Page, page
from labs.api.throttle import PerUser
from labs.models import LabSession
from labs.models.session import LIVE
from labs.services import access
from labs.services.session import request as ask

router = Router()

StateName = Literal["queued", "launching", "running", "stopping", "stopped", "failed"]


class Progress(Schema):
    """The last step that finished: `done` of `total` in `stage`; `text` says it in a sentence."""

    stage: Literal["queued", "host", "image", "swarm", "network", "container", "ready"]
    done: int
    total: int
    text: str


class FailedObject(Schema):
    kind: str = Field(description="lab, underlay, host, swarm, network or container")
    name: str
    host: str | None


class SessionHost(Schema):
    name: str
    address: str = Field(description="On the underlay")


class Session(Schema):
    id: str
    lab: str
    title: str
    owner: str
    state: StateName
    progress: Progress
    reason: str | None = Field(description="Why it failed, or was stopped without being asked")
    failed_object: FailedObject | None
    hosts: list[SessionHost]
    created_at: datetime
    expires_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None


class Launch(Input):
    lab: str = Field(min_length=1, max_length=100, description="A slug from GET labs/")


class Extension(Input):
    minutes: int = Field(ge=1, le=24 * 60)


def shown(row: LabSession) -> Session:
    """Return a row as the API shows it."""
    return Session.model_validate(
        {
            "id": row.id,
            "lab": row.lab,
            "title": row.title,
            "owner": row.owner.username,
            "state": row.state,
            "progress": {
                "stage": row.progress_stage or "queued",
                "done": row.progress_done,
                "total": row.progress_total,
                "text": row.progress_text,
            },
            "reason": row.reason,
            "failed_object": row.failed_object,
            "hosts": row.hosts,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "started_at": row.started_at,
            "stopped_at": row.stopped_at,
        }
    )


@router.post("", operation_id="create_session", response={202: Session}, throttle=[PerUser("sessions", 120)])
def create_session(request: HttpRequest, response: HttpResponse, body: Launch) -> Status[Session]:
    """Launch a lab. Answers at once; poll `Location` or follow the WebSocket until `state` is running or failed."""
    row = ask.create(caller(request).user, body.lab)
    response.headers["Location"] = f"/api/v1/sessions/{row.id}/"
    return Status(202, shown(row))


@router.get("", operation_id="list_sessions", response=Page[Session])
def list_sessions(
    request: HttpRequest,
    live: Annotated[bool, Field(description="Only those that have not ended, or only those that have")] | None = None,
    everybody: Annotated[bool, Field(description="Staff and graders: other owners' sessions too")] = False,
    cursor: Cursor | None = None,
    limit: Limit = 50,
) -> Page[Session]:
    """List the caller's sessions, newest first."""
    who = caller(request)
    rows = access.sessions(who.user, all_of_them=everybody and (who.is_staff or who.is_grader))
    if live is not None:
        rows = rows.filter(state__in=LIVE) if live else rows.exclude(state__in=LIVE)
    found, following = page(rows, cursor, limit)
    return Page[Session](items=[shown(row) for row in found], next=following)


@router.get("{session_id}/", operation_id="get_session", response=Session)
def get_session(request: HttpRequest, session_id: str) -> Session:
    """Give one session."""
    return shown(caller(request).session(session_id))


@router.delete("{session_id}/", operation_id="stop_session", response={202: Session})
def stop_session(request: HttpRequest, session_id: str) -> Status[Session]:
    """Stop a session and remove everything in it. One that has ended stays as it is."""
    who = caller(request)
    ask.stop(who.session_to_change(session_id).id)
    return Status(202, shown(who.session(session_id)))


@router.post("{session_id}/extend/", operation_id="extend_session", response=Session)
def extend_session(request: HttpRequest, session_id: str, body: Extension) -> Session:
    """Move the expiry further, up to the installation's age limit."""
    who = caller(request)
    ask.extend(who.session_to_change(session_id).id, body.minutes)
    return shown(who.session(session_id))


@router.post("{session_id}/reset/", operation_id="reset_session", response={202: Session})
def reset_session(request: HttpRequest, session_id: str) -> Status[Session]:
    """Stop everything in the session and launch its lab afresh, under the same id."""
    who = caller(request)
    ask.reset(who.session_to_change(session_id).id)
    return Status(202, shown(who.session(session_id)))
