"""The ASGI application: HTTP by Django, WebSockets by the consumers of labs/live."""

from __future__ import annotations

import os
from typing import Any, cast

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labsite.settings")

http = get_asgi_application()

# Imported after Django is ready: the consumers use models.
from labs.live.routing import websocket_urlpatterns  # noqa: E402

# Origins are checked by the consumers (labs.live.admission): programs with a token send none.
application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AuthMiddlewareStack(URLRouter(cast("list[Any]", websocket_urlpatterns))),
    }
)
