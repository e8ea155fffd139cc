"""Dumps and requests against a kernel that behaves badly, scripted datagram by datagram."""

from __future__ import annotations

import errno
import struct

import pytest

from labs.kernel.errors import KernelRefused, Overrun
from labs.kernel.netlink import Netlink

INTERRUPTED = 0x10


class ScriptedKernel(Netlink):
    """A socket whose answers are written down; each request notes the number it was sent with."""

    def __init__(self, *answers: bytes | OSError) -> None:
        self._sequence = 1
        self._answers = list(answers)
        self.sent: list[int] = []

    def _send(self, kind: int, body: bytes, flags: int) -> None:
        self.sent.append(self._sequence)

    def _receive(self) -> bytes:
        answer = self._answers.pop(0)
        if isinstance(answer, OSError):
            raise Overrun("lost") if answer.errno == errno.ENOBUFS else answer
        return answer


def _message(kind: int, body: bytes = b"", *, flags: int = 2, sequence: int = 1) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body


def _done(*, flags: int = 2, sequence: int = 1, code: int = 0) -> bytes:
    return _message(3, struct.pack("=i", code), flags=flags, sequence=sequence)


def test_end_may_stand_alone_or_behind_the_last_message() -> None:
    for answers in ([_message(16, b"aaaa"), _done()], [_message(16, b"aaaa") + _done()]):
        assert ScriptedKernel(*answers).dump(18, b"") == [(16, b"aaaa")]


@pytest.mark.parametrize("at_the_end", [False, True])
def test_interrupted_dump_is_read_again(at_the_end: bool) -> None:
    torn = [
        _message(16, b"old1", flags=2 if at_the_end else 2 | INTERRUPTED),
        _done(flags=2 | INTERRUPTED if at_the_end else 2),
    ]
    kernel = ScriptedKernel(*torn, *torn, _message(16, b"new1"), _done())
    assert kernel.dump(18, b"") == [(16, b"new1")]
    assert len(kernel.sent) == 3


def test_table_that_never_rests_is_returned_as_last_read() -> None:
    kernel = ScriptedKernel(*[_message(16, b"here", flags=2 | INTERRUPTED) + _done()] * 8)
    assert kernel.dump(18, b"") == [(16, b"here")]
    assert len(kernel.sent) == 8


def test_answers_to_an_earlier_request_are_passed_over() -> None:
    kernel = ScriptedKernel(_message(16, b"late", sequence=99) + _done(sequence=99), _message(16, b"mine"), _done())
    assert kernel.dump(18, b"") == [(16, b"mine")]


@pytest.mark.parametrize("refusal", [_done(code=-errno.EPERM), _message(2, struct.pack("=i", -errno.EPERM))])
def test_refusal_keeps_its_number(refusal: bytes) -> None:
    with pytest.raises(KernelRefused) as caught:
        ScriptedKernel(refusal).dump(18, b"")
    assert caught.value.facts["errno"] == errno.EPERM


def test_after_a_loss_the_rest_of_the_answer_is_not_taken_for_the_next() -> None:
    kernel = ScriptedKernel(
        _message(16, b"half"),
        OSError(errno.ENOBUFS, "lost"),
        _message(16, b"rest") + _done(),
        _message(16, b"new1", sequence=2) + _done(sequence=2),
    )
    with pytest.raises(Overrun):
        kernel.dump(18, b"")
    assert kernel.dump(18, b"") == [(16, b"new1")]


def test_equal_dumps_are_equal_bytes() -> None:
    kernel = ScriptedKernel(*[_message(16, b"same") + _done()] * 2)
    assert kernel.dump_raw(18, b"") == kernel.dump_raw(18, b"")


def test_request_returns_its_one_answer_or_the_refusal() -> None:
    kernel = ScriptedKernel(_message(88, b"late"), _message(88, b"mine", sequence=2))
    assert kernel.request(90, b"") == (88, b"mine")
    with pytest.raises(KernelRefused):
        ScriptedKernel(_message(2, struct.pack("=i", -errno.EINVAL), sequence=2)).request(90, b"")


def test_truncated_datagrams_end_quietly() -> None:
    assert ScriptedKernel(b"\x01\x02", _message(16, b"aaaa") + b"\x05\0\0\0" + bytes(14), _done()).dump(18, b"") == [
        (16, b"aaaa")
    ]
