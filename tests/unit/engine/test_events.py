"""The chunked body of an event stream, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.engine.events import _ChunkedBody


def chunked(parts: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.integers(1, 9))
def test_the_body_comes_out_whole_however_it_arrives(parts: list[bytes], step: int) -> None:
    raw, body = chunked(parts), _ChunkedBody()
    assert b"".join(body.feed(raw[at : at + step]) for at in range(0, len(raw), step)) == b"".join(parts)


def test_the_last_chunk_ends_the_stream() -> None:
    with pytest.raises(ValueError, match="end of the stream"):
        _ChunkedBody().feed(b"0\r\n\r\n")


def test_a_size_that_never_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="without a size"):
        _ChunkedBody().feed(b"1" * 100)
