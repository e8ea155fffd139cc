"""DNS messages, ours and malformed ones."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.probes import dns_message


def response(question: bytes, *, rcode: int = 0, records: bytes = b"", count: int = 0) -> bytes:
    """Answer a question with ready-made records."""
    return question[:2] + struct.pack("!5H", 0x8180 | rcode, 1, count, 0, 0) + question[12:] + records


def record(kind: int, data: bytes) -> bytes:
    """A record whose name is a pointer to the question's."""
    return struct.pack("!HHHIH", 0xC00C, kind, 1, 600, len(data)) + data


def test_addresses_are_read_past_an_alias() -> None:
    question = dns_message.query("web.example", "A")
    alias = record(5, b"\x03www\xc0\x10")
    answer = dns_message.read(response(question, records=alias + record(1, bytes([10, 0, 0, 9])), count=2), question)
    assert [(found.name, found.type, found.text) for found in answer.answers] == [
        ("web.example", "CNAME", "www.example"),
        ("web.example", "A", "10.0.0.9"),
    ]
    assert [str(address) for address in answer.addresses()] == ["10.0.0.9"]


def test_a_missing_name_has_its_code() -> None:
    question = dns_message.query("nobody", "A")
    assert dns_message.read(response(question, rcode=3), question).rcode == "NXDOMAIN"


def test_an_answer_to_another_question_is_refused() -> None:
    question = dns_message.query("web", "A")
    with pytest.raises(ValueError, match="no answer to our query"):
        dns_message.read(
            b"\0\0" + response(question)[2:], question[:2] + question[2:] if question[:2] != b"\0\0" else b"\1\1"
        )


def test_a_name_that_points_at_itself_is_refused() -> None:
    question = dns_message.query("web", "A")
    looping = response(question, records=struct.pack("!HHHIH", 0xC000 | len(question), 1, 1, 0, 0), count=1)
    with pytest.raises(ValueError, match="without an end"):
        dns_message.read(looping, question)


@given(st.binary(max_size=120), st.integers(0, 3))
def test_any_bytes_are_read_or_refused(noise: bytes, count: int) -> None:
    question = dns_message.query("web", "A")
    try:
        dns_message.read(response(question, records=noise, count=count), question)
    except ValueError:
        return


@pytest.mark.parametrize("name", ["a..b", "x" * 64, ".".join(["abcdefgh"] * 30)])
def test_a_name_that_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a name DNS can carry"):
        dns_message.query(name, "A")
