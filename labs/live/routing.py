"""Websocket paths."""

from __future__ import annotations

from django.urls import path

from labs.live.session_consumer import SessionConsumer
from labs.live.terminal_consumer import TerminalConsumer

# Django's stubs know HTTP views only; channels' URLRouter takes ASGI applications here (its documentation, "Routing").
websocket_urlpatterns = [
    path("ws/sessions/<str:session>/", SessionConsumer.as_asgi()),  # type: ignore[arg-type]  # see above
    path("ws/terminals/<str:terminal>/", TerminalConsumer.as_asgi()),  # type: ignore[arg-type]  # see above
]
