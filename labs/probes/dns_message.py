"""Write a DNS query and read the answer. Pure. Source: RFC 1035, sections 4.1 and 3.2; RFC 3596 for AAAA."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "AAAA": 28}
_NAMES = {number: name for name, number in TYPES.items()}
_RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")
_RECURSION_DESIRED = 0x0100
_POINTERS = 32
"""More compression pointers than that in one name is a loop."""


@dataclass(frozen=True)
class Answer:
    """One record. `text` is the address or name it holds; b"…" in hexadecimal for a type we do not know."""

    name: str
    type: str
    text: str


@dataclass(frozen=True)
class Response:
    """A response. `rcode` is like "NXDOMAIN"; `answers` come in the server's order."""

    rcode: str
    answers: tuple[Answer, ...]

    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """Return the addresses among the answers."""
        found: list[IPv4Address | IPv6Address] = []
        for answer in self.answers:
            if answer.type == "A":
                found.append(IPv4Address(answer.text))
            elif answer.type == "AAAA":
                found.append(IPv6Address(answer.text))
        return tuple(found)


def query(name: str, kind: str) -> bytes:
    """Return a query with a random id for the records `kind` (a key of TYPES) of a name.

    Raises: ValueError if the name cannot stand in a query (a label of 0 or over 63 bytes, over 253 in all).
    """
    body = encode_name(name) + struct.pack("!HH", TYPES[kind], 1)
    return _HEADER.pack(secrets.randbits(16), _RECURSION_DESIRED, 1, 0, 0, 0) + body


def read(message: bytes, question: bytes) -> Response:
    """Read the response to a query. Raises: ValueError if it is malformed or answers another question."""
    try:
        identity, flags, questions, count, _, _ = _HEADER.unpack_from(message)
        if message[:2] != question[:2] or not flags & 0x8000:
            raise ValueError(f"message {identity} is no answer to our query")
        offset = _HEADER.size
        for _ in range(questions):
            _, offset = _name(message, offset)
            offset += 4
        answers = []
        for _ in range(count):
            name, offset = _name(message, offset)
            kind, _, _, length = _RECORD.unpack_from(message, offset)
            offset += _RECORD.size
            answers.append(Answer(name, _NAMES.get(kind, f"TYPE{kind}"), _data(message, kind, offset, length)))
            offset += length
    except (struct.error, IndexError, UnicodeError) as error:
        raise ValueError("a DNS message cut short") from error
    return Response(_RCODES.get(flags & 0xF, f"RCODE{flags & 0xF}"), tuple(answers))


def encode_name(name: str) -> bytes:
    """Return a name in wire form; international names go as IDNA. Raises: ValueError if it does not fit."""
    labels = name.rstrip(".").split(".") if name.rstrip(".") else []
    encoded = [label.encode("ascii") if label.isascii() else label.encode("idna") for label in labels]
    if any(not 0 < len(label) < 64 for label in encoded) or sum(len(label) + 1 for label in encoded) > 254:
        raise ValueError(f"{name!r} is not a name DNS can carry")
    return b"".join(bytes([len(label)]) + label for label in encoded) + b"\0"


def _name(message: bytes, offset: int) -> tuple[str, int]:
    """Return the name at an offset and the offset behind it."""
    labels: list[str] = []
    behind = -1
    for _ in range(_POINTERS + 128):
        length = message[offset]
        if length & 0xC0 == 0xC0:
            behind = offset + 2 if behind < 0 else behind
            offset = struct.unpack_from("!H", message, offset)[0] & 0x3FFF
        elif length:
            labels.append(message[offset + 1 : offset + 1 + length].decode("ascii", "backslashreplace"))
            offset += 1 + length
        else:
            return ".".join(labels) or ".", behind if behind >= 0 else offset + 1
    raise ValueError("a DNS name without an end")


def _data(message: bytes, kind: int, offset: int, length: int) -> str:
    data = message[offset : offset + length]
    if kind == TYPES["A"] and length == 4:
        return str(IPv4Address(data))
    if kind == TYPES["AAAA"] and length == 16:
        return str(IPv6Address(data))
    if kind in (TYPES["NS"], TYPES["CNAME"]):
        return _name(message, offset)[0]
    return data.hex()
