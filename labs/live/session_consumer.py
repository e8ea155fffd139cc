"""The websocket of a session: `/ws/sessions/<id>/`, one text frame per message.

First comes what brings the page up to date (a snapshot; messages after `?after=<sequence>` if these are still kept;
the launch's messages if there is no graph yet), then every message, numbered. `{"type":"resume","sequence":n}` from the
page starts over after n.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Final
from weakref import WeakKeyDictionary

from channels.generic.websocket import AsyncWebsocketConsumer

from labs.live import admission
from labs.live.admission import Refused
from labs.live.ending import end
from labs.live.hub import Client, Hub

log = logging.getLogger(__name__)

LARGEST_REQUEST: Final = 1024

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the running event loop: one per web process."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


class SessionConsumer(AsyncWebsocketConsumer):
    """Translates and sends; what is sent is the hub's."""

    _session: str | None = None
    _client: Client | None = None
    _sending: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        # Accepted first, as a browser does not learn the code of a connection refused during the handshake.
        await self.accept()
        identifier = self.scope["url_route"]["kwargs"]["session"]
        try:
            admission.check_origin(self.scope)
            row = await admission.readable_session(self.scope, identifier)
            position = _position(admission.query(self.scope).get("after"))
        except Refused as refusal:
            await self.close(refusal.close_code, refusal.reason)
            return
        self._session = row.id
        self._follow(position)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        try:
            position = _resumed(text_data or "")
        except Refused as refusal:
            await self.close(refusal.close_code, refusal.reason)
            return
        if self._session is not None:
            await self._leave()
            self._follow(position)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        await self._leave()

    def _follow(self, position: int | None) -> None:
        assert self._session is not None
        self._client = hub().join(self._session, position)
        self._sending = asyncio.create_task(self._send_all(self._client))

    async def _leave(self) -> None:
        await end(self._sending)
        if self._client is not None and self._session is not None:
            await hub().leave(self._session, self._client)
        self._client = self._sending = None

    async def _send_all(self, client: Client) -> None:
        try:
            async for text in client.messages():
                await self.send(text_data=text)
        except OSError:
            # The browser vanished in mid-frame (uvicorn's ClientDisconnected); `disconnect` follows.
            return
        except Exception:
            # A task's exception would wait unseen until the connection ends, and the page with it.
            log.exception("session %s: sending to a browser failed", self._session)
            await self.close(admission.TRY_AGAIN_LATER, "The server failed; reconnect.")


def _resumed(text: str) -> int | None:
    """Return the number in a page's `resume` message. Raises: Refused for anything else."""
    try:
        message = json.loads(text[:LARGEST_REQUEST])
    except ValueError as error:
        raise Refused(admission.FORBIDDEN, "A page sends small JSON messages only.") from error
    if not isinstance(message, dict) or message.get("type") != "resume":
        raise Refused(admission.FORBIDDEN, "A page sends messages of type resume only.")
    return _position(str(message.get("sequence")))


def _position(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Refused(admission.FORBIDDEN, "“after” must be the number of a message.")
    return int(text)
