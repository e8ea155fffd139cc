"""The built page's files and the documentation page's, served by WhiteNoise."""

from __future__ import annotations

from typing import IO, Protocol

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]  # it has no stubs


class _Found(Protocol):
    """What WhiteNoise calls a Response."""

    status: int
    headers: list[tuple[str, str]]
    file: IO[bytes] | None


class _File(Protocol):
    """What WhiteNoise calls a StaticFile or a Redirect."""

    def get_response(self, method: str | None, request_headers: dict[str, str]) -> _Found: ...


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # untyped, see above
    """WhiteNoise with answers that hold the file whole.

    Its streams are read in one go under ASGI anyhow, with a warning for each (Django's ASGIHandler). The files are
    those of the build: a few MB at most.
    """

    @staticmethod
    def serve(static_file: _File, request: HttpRequest) -> HttpResponse:
        """Answer a request for a file that is there: conditional and range requests included."""
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response.headers["Content-Type"]
        for name, value in found.headers:
            response.headers[name] = value
        return response
