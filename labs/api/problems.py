"""The one error shape: RFC 9457 problem details with a stable `code`, whoever refuses.

Errors come from four places: a route or service raising a `LabError`; django-ninja (validation, authentication,
throttling); Django itself (bad host, oversized body, no such URL, a method nobody takes); and a crash. The first two
meet in `register`; the rest in `ProblemMiddleware`, which rewrites whatever else leaves `/api/` with a status of 400 or
more.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import redis
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from kombu.exceptions import OperationalError as BrokerError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from labs.errors import LabError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

STATUS_BY_CODE: Mapping[str, int] = {
    "session_not_found": 404,
    "lab_not_found": 404,
    "probe_not_found": 404,
    "matrix_not_found": 404,
    "token_not_found": 404,
    "namespace_unknown": 404,
    "namespace_gone": 404,
    "terminal_unknown": 404,
    "target_unknown": 404,
    "lab_invalid": 422,
    "cursor_invalid": 422,
    "forbidden": 403,
    "scope_not_allowed": 403,
    "login_failed": 401,
    "malformed_json": 400,
    "unsupported_media_type": 415,
    "too_many_commands": 429,
    "too_many_probes": 429,
    "too_many_terminals": 429,
    "machine_full": 503,
    "observer_unavailable": 503,
    "session_not_watched": 503,
    "queue_unavailable": 503,
    "observer_protocol": 502,
}
"""HTTP status of each `LabError.code` the API lets through; any other is a 409: the session cannot do that now."""

CODE_BY_STATUS: Mapping[int, str] = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "throttled",
    500: "internal_error",
    503: "unavailable",
}


class MalformedJson(LabError):
    """The body is not JSON, or not an object. Facts: `line`, `column` when known."""

    code = "malformed_json"


class UnsupportedMediaType(LabError):
    """The body is declared as something other than application/json."""

    code = "unsupported_media_type"


class Forbidden(LabError):
    """The caller is known and may see the thing, but not do this to it."""

    code = "forbidden"


def problem(
    status: int, code: str, detail: str, *, instance: str, extensions: Mapping[str, object] | None = None
) -> HttpResponse:
    """Return a problem. `type` is a stable relative reference; the standard members win over equal extensions."""
    body: dict[str, object] = dict(extensions or {})
    body |= {
        "type": f"/problems/{code.replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": instance,
    }
    return HttpResponse(json.dumps(body, default=str), status=status, content_type=CONTENT_TYPE)


def of_error(request: HttpRequest, error: LabError) -> HttpResponse:
    """Return the problem that tells of a `LabError`: its reason, its code, and its facts as extensions."""
    status = STATUS_BY_CODE.get(error.code, 409)
    facts = {name: value for name, value in error.facts.items() if _is_plain(value)}
    response = problem(status, error.code, error.reason, instance=request.path, extensions=facts)
    if error.retryable or status == 503:
        response.headers["Retry-After"] = "5"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def register(api: NinjaAPI) -> None:
    """Make every exception a route may raise a problem."""
    api.add_exception_handler(LabError, _lab_error)
    api.add_exception_handler(ValidationError, _validation_error)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(RequestDataTooBig, _too_big)
    for unavailable in (redis.RedisError, BrokerError, OperationalError):
        api.add_exception_handler(unavailable, _unavailable)
    api.add_exception_handler(Exception, _crash)


def _lab_error(request: HttpRequest, error: LabError | type[LabError]) -> HttpResponse:
    assert isinstance(error, LabError)
    return of_error(request, error)


def _validation_error(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
    assert isinstance(error, ValidationError)
    errors: list[dict[str, Any]] = [
        {
            "in": str(one["loc"][0]),
            # ninja names the route's own parameter second in a body's location; the client never saw that name
            "field": ".".join(str(part) for part in one["loc"][2 if one["loc"][0] == "body" else 1 :]),
            "message": one["msg"].removeprefix("Value error, "),
            "code": one["type"],
        }
        for one in error.errors
    ]
    first = errors[0]
    where = f"{first['in']} {first['field']}".strip()
    detail = f"{where}: {first['message']}" + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else "")
    return problem(422, "invalid", detail, instance=request.path, extensions={"errors": errors})


def _http_error(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    assert isinstance(error, HttpError)
    if isinstance(error.__cause__, LabError):  # raised while parsing the body, wrapped by ninja
        return of_error(request, error.__cause__)
    status = error.status_code
    if isinstance(error, AuthenticationError):
        detail = (
            "The Authorization header holds no token that is known and still good."
            if "Authorization" in request.headers
            else "Send Authorization: Bearer nq_…, or log in and send the session cookie."
        )
        response = problem(401, "not_authenticated", detail, instance=request.path)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if isinstance(error, Throttled):
        return problem(429, "throttled", "Too many requests; wait and try again.", instance=request.path)
    code = "csrf_failed" if "CSRF" in error.message else CODE_BY_STATUS.get(status, "http_error")
    return problem(status, code, error.message, instance=request.path)


def _not_found(request: HttpRequest, error: Http404 | type[Http404]) -> HttpResponse:
    return problem(404, "not_found", str(error) or f"Nothing is at {request.path}.", instance=request.path)


def _too_big(request: HttpRequest, error: RequestDataTooBig | type[RequestDataTooBig]) -> HttpResponse:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return problem(
        413,
        "body_too_large",
        f"The body is larger than {limit} bytes.",
        instance=request.path,
        extensions={"limit_bytes": limit},
    )


def _unavailable(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    logger.error("%s %s: a service behind does not answer: %s", request.method, request.path, error)
    response = problem(
        503, "unavailable", "A part of Netquarium does not answer just now; try again.", instance=request.path
    )
    response.headers["Retry-After"] = "5"
    return response


def _crash(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    logger.exception("%s %s failed", request.method, request.path, exc_info=error)  # type: ignore[arg-type]  # handlers get instances
    return problem(500, "internal_error", "Netquarium made a mistake; the log has the details.", instance=request.path)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)


@csrf_exempt
def unknown_path(request: HttpRequest) -> HttpResponse:
    """Answer for every path under /api that no route claims."""
    hint = "" if request.path.endswith("/") else f" Paths end in a slash: {request.path}/"
    return problem(404, "not_found", f"Nothing is at {request.path}.{hint}", instance=request.path)


class ProblemMiddleware:
    """Rewrite errors that leave /api/ in another shape: Django's own 400, 403, 404, 405, 413 and 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            response.status_code < 400
            or not request.path.startswith("/api")
            or response.headers.get("Content-Type", "").startswith(CONTENT_TYPE)
        ):
            return response
        status = response.status_code
        detail = _DETAILS.get(status, HTTPStatus(status).phrase)
        allowed = response.headers.get("Allow")
        rewritten = problem(
            status,
            CODE_BY_STATUS.get(status, "http_error"),
            f"{detail} Allowed here: {allowed}." if allowed else detail,
            instance=request.path,
        )
        for header in ("Allow", "Retry-After", "WWW-Authenticate"):
            if header in response.headers:
                rewritten.headers[header] = response.headers[header]
        return rewritten


_DETAILS: Mapping[int, str] = {
    400: "The request could not be understood.",
    404: "Nothing is here.",
    405: "This method is not taken here.",
    500: "Netquarium made a mistake; the log has the details.",
}
