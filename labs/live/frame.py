"""Frames on the observer's local socket: 4 bytes length (big-endian), 1 byte kind, then the payload.

The client's first frame is `{"ticket": …}` and names, through the ticket, one operation. The answer is one JSON frame:
`{"ok": true, …result}` or `{"ok": false, "code": …, "reason": …}`. Only `attach` goes on from there: data frames are
terminal bytes both ways, JSON frames are `resize` upwards, `exit` and `error` downwards.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from labs.live.errors import ProtocolError

HEADER: Final = struct.Struct("!IB")
LARGEST: Final = 16 << 20
"""No frame is larger; facts of a namespace with very many rules come nearest."""


class Kind(Enum):
    JSON = 1
    DATA = 2


def pack(kind: Kind, payload: bytes) -> bytes:
    """Return the frame as bytes."""
    return HEADER.pack(len(payload), kind.value) + payload


def pack_json(message: Mapping[str, object]) -> bytes:
    """Return a JSON frame as bytes."""
    return pack(Kind.JSON, json.dumps(message, separators=(",", ":")).encode())


def unpack_header(header: bytes) -> tuple[int, Kind]:
    """Return payload length and kind. Raises: ProtocolError."""
    length, number = HEADER.unpack(header)
    if length > LARGEST:
        raise ProtocolError("A frame on the observer's socket is too long.", length=length)
    try:
        return length, Kind(number)
    except ValueError as error:
        raise ProtocolError("A frame on the observer's socket is of no known kind.", kind=number) from error


def unpack_json(payload: bytes) -> dict[str, Any]:
    """Return the JSON object of a frame. Raises: ProtocolError."""
    try:
        message = json.loads(payload)
    except ValueError as error:
        raise ProtocolError("A frame on the observer's socket is not JSON.") from error
    if not isinstance(message, dict):
        raise ProtocolError("A frame on the observer's socket is not a JSON object.")
    return message


async def read(reader: asyncio.StreamReader) -> tuple[Kind, bytes] | None:
    """Return the next frame, or None when the other end has closed. Raises: ProtocolError."""
    try:
        length, kind = unpack_header(await reader.readexactly(HEADER.size))
        return kind, await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
