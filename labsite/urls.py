"""URLs: health, the API, whatever else begins with api/ (a problem, never a page), and the page."""

from __future__ import annotations

from django.urls import path, re_path

from labs.api.application import api
from labs.api.problems import unknown_path
from labsite.health import healthz
from labsite.pages import index

urlpatterns = [
    path("healthz", healthz),
    path("api/v1/", api.urls),
    re_path(r"^api(?:/.*)?$", unknown_path),
    re_path(r"^(?P<path>.*)$", index),
]
