"""What every route's shapes share: strict input, cursors for lists that grow, and the problem's own shape."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from django.db.models import Q, QuerySet
from ninja import Schema
from pydantic import ConfigDict, Field

from labs.errors import LabError
from labs.models import LabSession, Matrix, Probe, Token

Row = TypeVar("Row", LabSession, Matrix, Probe, Token)
Item = TypeVar("Item")

Limit = Annotated[int, Field(ge=1, le=200, description="How many at most")]
Cursor = Annotated[str, Field(max_length=200, description="`next` of the page before")]


class Input(Schema):
    """A request's body: no unknown members, no values of another type quietly converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Page(Schema, Generic[Item]):
    """One page, newest first. `next` is the cursor of the page after, null on the last."""

    items: list[Item]
    next: str | None


class FieldError(Schema):
    """One member of the request that was refused; `in` says where it stood."""

    in_: str = Field(alias="in")
    field: str
    message: str
    code: str


class Problem(Schema):
    """RFC 9457 problem details. `code` is stable; further members depend on it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[FieldError] | None = Field(None, description="With code `invalid`: every member refused")


class CursorInvalid(LabError):
    """A cursor that no answer ever held."""

    code = "cursor_invalid"


def page(rows: QuerySet[Row], cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
    """Return one page of rows, newest first, and the cursor of the next one. Raises CursorInvalid."""
    rows = rows.order_by("-created_at", "-pk")
    if cursor:
        moment, key = _decode(cursor)
        rows = rows.filter(Q(created_at__lt=moment) | Q(created_at=moment, pk__lt=key))
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], _encode(last.created_at, str(last.pk))


def _encode(moment: datetime, key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), key]).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, str]:
    try:
        moment, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return datetime.fromisoformat(moment), str(key)
    except (ValueError, TypeError, binascii.Error) as error:
        raise CursorInvalid("The cursor is not one that an answer held.") from error
