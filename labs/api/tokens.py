"""Bearer tokens of the caller. Made with a cookie session alone: a token makes no tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from labs.api.authentication import SessionCookie, caller
from labs.api.shapes import Cursor, Input, Limit, Page, page
from labs.models import Token as TokenRow
from labs.models.token import Scope, issue
from labs.services.errors import ScopeNotAllowed, TokenNotFound

router = Router(auth=SessionCookie())

ScopeName = Literal["learner", "grader", "instructor", "admin"]


class TokenOrder(Input):
    name: str = Field("", max_length=100)
    scopes: list[ScopeName] = Field(["learner"], min_length=1, max_length=4)
    days: Annotated[int, Field(ge=1, le=366)] | None = Field(
        None, description="How long it is good for; null: until deleted"
    )


class Token(Schema):
    id: int
    name: str
    scopes: list[ScopeName]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


class NewToken(Token):
    token: str = Field(description="Shown now and never again")


def shown(row: TokenRow) -> Token:
    """Return a row as the API shows it, which is without the token."""
    return Token.model_validate(
        {name: getattr(row, name) for name in ("id", "name", "scopes", "created_at", "used_at", "expires_at")}
    )


@router.post("", operation_id="create_token", response={201: NewToken})
def create_token(request: HttpRequest, body: TokenOrder) -> Status[NewToken]:
    """Make a token. Learners make learner tokens; staff any."""
    user = caller(request).user
    if not user.is_staff and (more := set(body.scopes) - {"learner"}):
        raise ScopeNotAllowed("Only staff hand out tokens of this scope.", scope=min(more))
    expires_at = None if body.days is None else timezone.now() + timedelta(days=body.days)
    row, text = issue(user, [Scope(name) for name in body.scopes], name=body.name, expires_at=expires_at)
    return Status(201, NewToken(**shown(row).model_dump(), token=text))


@router.get("", operation_id="list_tokens", response=Page[Token])
def list_tokens(request: HttpRequest, cursor: Cursor | None = None, limit: Limit = 50) -> Page[Token]:
    """List the caller's tokens, newest first."""
    found, following = page(TokenRow.objects.filter(user=caller(request).user), cursor, limit)
    return Page[Token](items=[shown(row) for row in found], next=following)


@router.delete("{token_id}/", operation_id="delete_token", response={204: None})
def delete_token(request: HttpRequest, token_id: int) -> Status[None]:
    """Delete a token; it is refused from then on."""
    deleted, _ = TokenRow.objects.filter(user=caller(request).user, id=token_id).delete()
    if not deleted:
        raise TokenNotFound("You have no such token.")
    return Status(204, None)
