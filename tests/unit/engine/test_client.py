"""What a client makes of those who answer badly."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from labs.engine import client, inventory
from labs.engine.errors import EngineRefused, EngineUnreachable

Answer = Callable[[socket.socket], None]


@dataclass(frozen=True)
class StrangeHost:
    """A host whose engine is somebody else's program."""

    engine_socket: Path
    name: str = "alpha"
    pid: int = 1


@pytest.fixture
def strange_host(tmp_path: Path) -> Iterator[Callable[[Answer], StrangeHost]]:
    """Start a program that answers each connection's first request as told."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "engine.sock"))
    listener.listen()
    threads: list[threading.Thread] = []

    def start(answer: Answer) -> StrangeHost:
        def serve() -> None:
            with suppress(OSError):
                peer, _ = listener.accept()
                with peer, suppress(OSError):
                    peer.recv(65536)
                    answer(peer)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return StrangeHost(tmp_path / "engine.sock")

    yield start
    for thread in threads:
        thread.join(5)
    listener.close()


def says(status: str, body: bytes) -> Answer:
    return lambda peer: peer.sendall(
        b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)
    )


def endless(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        peer.sendall(b" " * 65536)


def test_the_engines_own_words_are_kept(strange_host: Callable[[Answer], StrangeHost]) -> None:
    host = strange_host(says("409 Conflict", b'{"message": "Error response from daemon: name\\n taken."}'))
    with client.connect(host) as engine, pytest.raises(EngineRefused) as refusal:  # type: ignore[arg-type]  # a double
        engine.get("/version")
    assert (refusal.value.status, refusal.value.said) == (409, "name taken")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda peer: peer.sendall(b"hello\r\n"), "connection broke"),
        (lambda peer: None, "connection broke"),
        (says("200 OK", b"<html>"), "not JSON"),
        (endless, "does not end"),
    ],
)
def test_no_proper_answer_is_no_engine(
    strange_host: Callable[[Answer], StrangeHost], answer: Answer, reason: str
) -> None:
    with (
        client.connect(strange_host(answer)) as engine,  # type: ignore[arg-type]  # a double
        pytest.raises(EngineUnreachable, match=reason),
    ):
        engine.get("/version")


@pytest.mark.parametrize("body", [b"null", b"[1]", b'[{"Id": "x", "IPAM": 3}]', b'{"message": "no list"}'])
def test_an_inventory_of_nonsense_is_no_engine(strange_host: Callable[[Answer], StrangeHost], body: bytes) -> None:
    with (
        client.connect(strange_host(says("200 OK", body))) as engine,  # type: ignore[arg-type]  # a double
        pytest.raises(EngineUnreachable, match="makes no sense"),
    ):
        inventory.networks(engine)
