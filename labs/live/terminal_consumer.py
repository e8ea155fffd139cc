"""The websocket of a terminal: `/ws/terminals/<id>/?ticket=…`, to and from the observer's socket.

Binary frames are bytes, both ways. Text frames are JSON: `resize` (columns, rows) from the page; `exit` (code) and
`error` (reason) to it. The page may send `pause` and `resume`: between them nothing is read from the observer, which
then stops reading the terminal. The same happens by itself while the browser's connection takes no more, as each frame
is sent before the next is read. No queue lies between.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Final

from channels.generic.websocket import AsyncWebsocketConsumer

from labs.errors import LabError
from labs.live import admission, client, frame
from labs.live import ticket as tickets
from labs.live.admission import Refused
from labs.live.ending import end
from labs.live.errors import ProtocolError, TicketRefused
from labs.live.frame import Kind

log = logging.getLogger(__name__)

ANSWER_WITHIN_S: Final = 10.0


class TerminalConsumer(AsyncWebsocketConsumer):
    """Carries bytes. The ticket is the permission: it was given to whoever may use the session, and is spent here."""

    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None
    _downward: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        self._flowing = asyncio.Event()
        self._flowing.set()
        try:
            admission.check_origin(self.scope)
            await self._attach(admission.query(self.scope).get("ticket", ""))
        except Refused as refusal:
            await self._refuse(refusal.close_code, refusal.reason)
            return
        self._downward = asyncio.create_task(self._carry_output())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._writer is None or self._writer.is_closing():
            return
        try:
            if bytes_data is not None:
                self._writer.write(frame.pack(Kind.DATA, bytes_data))
            else:
                self._control(text_data or "")
            await self._writer.drain()
        except ConnectionError:
            return  # the observer has gone; `_carry_output` sees it too and closes
        except ProtocolError as error:
            await self._refuse(admission.FORBIDDEN, error.reason)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        await end(self._downward)
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _attach(self, text: str) -> None:
        """Connect to the observer and show it the ticket. Raises: Refused."""
        try:
            if tickets.read(client.key(), text).get("terminal") != self.scope["url_route"]["kwargs"]["terminal"]:
                raise Refused(admission.FORBIDDEN, "The ticket is for another terminal.")
            self._reader, self._writer = await asyncio.open_unix_connection(client.SOCKET)
            self._writer.write(frame.pack_json({"ticket": text}))
            await self._writer.drain()
            first = await asyncio.wait_for(frame.read(self._reader), ANSWER_WITHIN_S)
            answer = frame.unpack_json(first[1] if first else b"")
        except TicketRefused as error:
            raise Refused(admission.FORBIDDEN, error.reason) from error
        except (OSError, TimeoutError, ProtocolError) as error:
            raise Refused(admission.TRY_AGAIN_LATER, "The observer does not answer; try again.") from error
        if not answer.get("ok"):
            found = admission.FORBIDDEN if answer.get("code") == TicketRefused.code else admission.NOT_FOUND
            raise Refused(found, str(answer.get("reason")))

    def _control(self, text: str) -> None:
        """Obey a text frame. Raises: ProtocolError."""
        try:
            message = json.loads(text)
        except ValueError as error:
            raise ProtocolError("A terminal's text frames are JSON.") from error
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "pause":
            self._flowing.clear()
        elif kind == "resume":
            self._flowing.set()
        elif kind == "resize" and all(type(message.get(side)) is int for side in ("columns", "rows")):
            size = {"type": "resize", "columns": message["columns"], "rows": message["rows"]}
            assert self._writer is not None
            self._writer.write(frame.pack_json(size))
        else:
            raise ProtocolError("A terminal takes resize (columns, rows), pause and resume.")

    async def _carry_output(self) -> None:
        assert self._reader is not None
        try:
            while (received := await frame.read(self._reader)) is not None:
                await self._flowing.wait()
                kind, payload = received
                if kind is Kind.DATA:
                    await self.send(bytes_data=payload)
                    continue
                await self.send(text_data=payload.decode())
                if frame.unpack_json(payload).get("type") == "exit":
                    await self.close(1000, "The shell has ended.")
                    return
            await self.close(admission.TRY_AGAIN_LATER, "The observer closed the connection; attach again.")
        except OSError:
            return  # the browser vanished in mid-frame; `disconnect` follows
        except LabError as error:
            log.warning("terminal: %s", error)
            await self.close(admission.TRY_AGAIN_LATER, error.reason)

    async def _refuse(self, code: int, reason: str) -> None:
        await self.send(text_data=json.dumps({"type": "error", "reason": reason}))
        await self.close(code, reason)
