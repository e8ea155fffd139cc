"""Framing: attributes go in and come out, and odd bytes never raise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from labs.kernel.netlink import attribute, attributes, be16, each_attribute, messages, s32, text, u16, u32

pairs = some.lists(some.tuples(some.integers(1, 0x3FFF), some.binary(max_size=40)), max_size=12)


@given(pairs, some.binary(max_size=16))
def test_attributes_read_back(written: list[tuple[int, bytes]], header: bytes) -> None:
    body = header + b"".join(attribute(kind, value) for kind, value in written)
    assert list(each_attribute(body, len(header))) == written
    assert attributes(body, len(header)) == dict(written)


@given(pairs)
def test_only_wanted_attributes_are_read(written: list[tuple[int, bytes]]) -> None:
    body = b"".join(attribute(kind, value) for kind, value in written)
    wanted = {kind for kind, _ in written[::2]}
    assert attributes(body, 0, wanted) == {kind: value for kind, value in written if kind in wanted}


@given(some.binary(max_size=200))
def test_odd_bytes_never_raise(body: bytes) -> None:
    attributes(body)
    list(each_attribute(body))
    messages([body])


def test_nested_and_byte_order_marks_are_dropped() -> None:
    assert attributes(attribute(0x8000 | 5, b"abcd") + attribute(0x4000 | 6, b"efgh")) == {5: b"abcd", 6: b"efgh"}


def test_numbers_and_names() -> None:
    assert (u16(b"\x01\x02"), u32(b"\x01\x00\x00\x01"), s32(b"\xff" * 4)) == (0x201, 0x1000001, -1)
    assert be16(b"\x12\xb5") == 4789
    assert text(b"eth0\0junk") == "eth0"
    assert text(b"e\xffh\0") == "e\N{REPLACEMENT CHARACTER}h"


def test_end_of_a_dump_is_no_message() -> None:
    done = bytes.fromhex("14000000 0300 0200 01000000 00000000 00000000")
    link = bytes.fromhex("14000000 1000 0200 01000000 00000000 aabbccdd")
    assert messages([link + done, done]) == [(16, bytes.fromhex("aabbccdd"))]
