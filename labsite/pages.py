"""The one page: every GET that is neither the API nor a file gets the built index.html, which routes by itself."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from labs.api.problems import problem

NOT_BUILT = (
    "The page is not built. Run ./nq up, or npm run build in frontend/. The API at /api/v1/docs works without it.\n"
)


@require_safe
@ensure_csrf_cookie
def index(_request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer with index.html, never cached, so that a new build is seen at the next load."""
    if path.startswith(("assets/", "static/", "ws/")):
        raise Http404(path)
    try:
        text = (settings.FRONTEND / "index.html").read_text()
    except FileNotFoundError:
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(text)
    response.headers["Cache-Control"] = "no-cache"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a forged or token-less form; the API's error shape serves both worlds."""
    return problem(403, "csrf_failed", f"The CSRF check failed: {reason}", instance=request.path)
