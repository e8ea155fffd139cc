"""Log in and out with a cookie session, and ask who one is."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Router, Schema
from ninja.errors import HttpError
from ninja.responses import Status
from ninja.utils import check_csrf
from pydantic import Field

from labs.api.authentication import caller
from labs.api.shapes import Input
from labs.api.throttle import PerAddress
from labs.errors import LabError

router = Router()


class LoginFailed(LabError):
    """The user name and password do not belong together, or the user is inactive. It never says which."""

    code = "login_failed"


class Credentials(Input):
    username: str = Field(min_length=1, max_length=150)
    password: str = Field(min_length=1, max_length=4096)


class Me(Schema):
    """`scopes` is null for a cookie session."""

    username: str
    is_staff: bool
    scopes: list[str] | None


@router.get("me/", operation_id="get_me", response=Me)
def get_me(request: HttpRequest) -> Me:
    """Say who calls."""
    who = caller(request)
    scopes = None if who.scopes is None else sorted(str(scope) for scope in who.scopes)
    return Me(username=who.user.username, is_staff=who.is_staff, scopes=scopes)


@router.post("auth/login/", operation_id="login", response=Me, auth=None, throttle=[PerAddress("login", 20)])
def log_in(request: HttpRequest, body: Credentials) -> Me:
    """Begin a cookie session. Send the `csrftoken` cookie's value as `X-CSRFToken`; GET auth/csrf/ sets it."""
    if check_csrf(request) is not None:
        raise HttpError(403, "The CSRF check failed: send the csrftoken cookie's value as X-CSRFToken.")
    user = authenticate(request, username=body.username, password=body.password)
    if not isinstance(user, User):
        raise LoginFailed("This user name and password do not belong together.")
    login(request, user)
    return Me(username=user.username, is_staff=user.is_staff, scopes=None)


@router.post("auth/logout/", operation_id="logout", response={204: None})
def log_out(request: HttpRequest) -> Status[None]:
    """End the cookie session."""
    logout(request)
    return Status(204, None)


@router.get("auth/csrf/", operation_id="get_csrf", response={204: None}, auth=None)
def get_csrf(request: HttpRequest) -> Status[None]:
    """Set the `csrftoken` cookie; pages that did not load the index page call this before logging in."""
    get_token(request)
    return Status(204, None)
