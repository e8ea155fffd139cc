"""A private Redis on a unix socket of its own, as the product runs it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from labs.live import stream


class PrivateRedis:
    """A Redis server without persistence that a test may kill and start again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # Debian's redis-tools ships the server binary under this name; it acts by the name it is called by.
        self._process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"],
            executable=shutil.which("redis-server") or "/usr/bin/redis-check-rdb",
            cwd=self.socket.parent,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except redis.RedisError:
                    if time.monotonic() > deadline:
                        raise
                    self._process.poll()
                else:
                    return

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        self.kill()
        self.start()


@pytest.fixture
def private_redis() -> Iterator[PrivateRedis]:
    # A unix socket's path holds 108 bytes: pytest's own folders may be too deep.
    folder = Path(tempfile.mkdtemp(prefix="nq-redis-"))
    server = PrivateRedis(folder)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(folder)


@pytest.fixture
def installation_redis(private_redis: PrivateRedis, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateRedis]:
    """A private Redis that everything of the product takes for the installation's."""
    monkeypatch.setenv("NETQUARIUM_REDIS_URL", private_redis.url)
    stream.default_stream.cache_clear()
    yield private_redis
    stream.default_stream().close()
    stream.default_stream.cache_clear()
