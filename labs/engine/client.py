"""The connection to one host's engine. The only module that creates Docker SDK clients and reads its exceptions."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

import docker
import docker.errors
import requests

from labs.engine.errors import EngineRefused, EngineUnreachable

if TYPE_CHECKING:
    from labs.hosts.host import Host

API_VERSION = "1.41"
"""Of Engine 20.10, the product's own: naming it saves a question per client."""

_TIMEOUT_S = 60


class Engine:
    """A host's engine; safe to share between threads, each of which gets a client of its own.

    Use as a context manager.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self._local = threading.local()
        self._clients: list[docker.APIClient] = []
        self._lock = threading.Lock()

    @property
    def api(self) -> docker.APIClient:
        """The calling thread's SDK client. Stays inside this room; use it through `speaking`."""
        client: docker.APIClient | None = getattr(self._local, "client", None)
        if client is None:
            if not self.host.engine_socket.exists():  # the SDK would say "not found" and leak a descriptor
                raise EngineUnreachable(self.host.name, "it has no socket")
            client = docker.APIClient(
                base_url=f"unix://{self.host.engine_socket}", version=API_VERSION, timeout=_TIMEOUT_S
            )
            # No proxy, .netrc or certificate settings of the machine apply to a unix socket; looking costs 2 ms a call.
            client.trust_env = False
            self._local.client = client
            with self._lock:
                self._clients.append(client)
        return client

    @contextmanager
    def speaking(self) -> Iterator[docker.APIClient]:
        """Lend the thread's client and turn what the SDK raises into our errors.

        Raises: EngineRefused when the engine answers with an error; EngineUnreachable when it does not answer.
        """
        try:
            yield self.api
        except docker.errors.APIError as error:
            response = error.response
            said = str(error) if response is None else _said(response)
            raise EngineRefused(self.host.name, error.status_code or 0, said) from error
        except requests.exceptions.Timeout as error:
            raise EngineUnreachable(self.host.name, f"no answer within {_TIMEOUT_S} s") from error
        except (requests.exceptions.RequestException, docker.errors.DockerException, OSError) as error:
            raise EngineUnreachable(self.host.name, "its connection broke") from error

    def post(self, path: str, body: Mapping[str, object], **parameters: str) -> dict[str, object]:
        """Post a body of our own making, for calls whose SDK wrapper cannot say what we need. {} for no answer.

        The SDK's container and network calls read proxy settings from the machine's home folder, check types again
        and leave out options; a body is plain, and its builder can be tested without an engine.

        Raises: as `speaking`.
        """
        with self.speaking() as api:
            url = f"{api.base_url}/v{API_VERSION}{path}"
            response = api.post(url, json=body, params=parameters, timeout=_TIMEOUT_S)
            if response.status_code >= 400:
                raise EngineRefused(self.host.name, response.status_code, _said(response))
            answer: object = response.json() if response.content else {}
            return answer if isinstance(answer, dict) else {}

    def close(self) -> None:
        """Close every client. Idempotent."""
        with self._lock:
            for client in self._clients:
                client.close()
            self._clients.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(host: Host) -> Engine:
    """Open the engine of a running host. Nothing is asked of it yet, and it need not answer yet."""
    return Engine(host)


def _said(response: requests.Response) -> str:
    """Return the engine's own words without a final stop."""
    try:
        message = response.json()["message"]
    except (ValueError, KeyError, TypeError):
        message = response.text[:300]
    return " ".join(str(message).split()).removeprefix("Error response from daemon: ").rstrip(".")
