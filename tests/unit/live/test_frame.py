"""Frames on the observer's socket."""

from __future__ import annotations

import asyncio

import pytest

from labs.live import frame
from labs.live.errors import ProtocolError
from labs.live.frame import Kind


def _read(data: bytes) -> tuple[Kind, bytes] | None:
    async def run() -> tuple[Kind, bytes] | None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await frame.read(reader)

    return asyncio.run(run())


def test_read_returns_what_was_packed() -> None:
    assert _read(frame.pack(Kind.DATA, b"\x00\xff")) == (Kind.DATA, b"\x00\xff")


def test_read_returns_none_at_the_end() -> None:
    assert _read(b"") is None


def test_read_returns_none_for_a_frame_cut_short() -> None:
    assert _read(frame.pack(Kind.DATA, b"abc")[:-1]) is None


@pytest.mark.parametrize("header", [(frame.LARGEST + 1, 1), (1, 9)])
def test_read_refuses_what_is_no_frame(header: tuple[int, int]) -> None:
    with pytest.raises(ProtocolError):
        _read(frame.HEADER.pack(*header) + b"x")


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b"{"])
def test_unpack_json_refuses_what_is_no_object(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        frame.unpack_json(payload)
