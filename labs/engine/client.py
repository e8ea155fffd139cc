"""The connection to one host's engine. The only module that knows the Docker SDK.

The SDK gives connections, pools and the API's version over the unix socket; requests and answers are plain JSON of
the Engine API, which its wrappers neither type nor bound. The one who answers may be a learner's program, for a
learner is root beside the engine: an answer has a size and a time it must keep to.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import docker
import requests
from docker.errors import DockerException

from labs.engine.errors import EngineRefused, EngineUnreachable

if TYPE_CHECKING:
    from labs.hosts.host import Host

API_VERSION = "1.41"
"""Of Engine 20.10, the product's own: naming it saves a question per client."""

_TIMEOUT_S = 60.0
LIMIT_BYTES = 32 << 20
"""Of one answer, and of one reading. An inspect is some 5 KB; a list of a thousand containers 2 MB."""


class Engine:
    """A host's engine; safe to share between threads, each of which gets a client of its own. A context manager."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.taken_bytes = 0
        """Of all answers so far."""
        self._local = threading.local()
        self._clients: list[docker.APIClient] = []
        self._lock = threading.Lock()

    def get(self, path: str, **parameters: str) -> Any:
        """Return the engine's JSON answer to a GET; `path` is the API's, such as "/networks", already quoted.

        Raises: EngineRefused when the engine answers with an error; EngineUnreachable when no proper answer comes.
        """
        return self._ask("GET", path, parameters, None)

    def post(self, path: str, body: Mapping[str, object], **parameters: str) -> Any:
        """Return the engine's JSON answer to a POST of `body`; None if it has none. Raises: as `get`."""
        return self._ask("POST", path, parameters, body)

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

    def _ask(self, method: str, path: str, parameters: Mapping[str, str], body: Mapping[str, object] | None) -> Any:
        client = self._client()
        url = f"{client.base_url}/v{API_VERSION}{path}"
        try:
            with client.request(method, url, params=parameters, json=body, timeout=_TIMEOUT_S, stream=True) as response:
                status, content = response.status_code, self._content(response)
        except requests.exceptions.Timeout as error:
            raise EngineUnreachable(self.host.name, f"no answer within {_TIMEOUT_S:g} s") from error
        except (requests.exceptions.RequestException, DockerException, OSError) as error:
            raise EngineUnreachable(self.host.name, "its connection broke") from error
        try:
            answer = json.loads(content) if content else None
        except ValueError as error:
            raise EngineUnreachable(self.host.name, "its answer is not JSON") from error
        if status >= 400:
            raise EngineRefused(self.host.name, status, _said(answer))
        return answer

    def _content(self, response: requests.Response) -> bytes:
        content, end = bytearray(), time.monotonic() + _TIMEOUT_S
        for part in response.iter_content(64 << 10):
            content += part
            if len(content) > LIMIT_BYTES or time.monotonic() > end:
                raise EngineUnreachable(self.host.name, "its answer does not end")
        self.taken_bytes += len(content)
        return bytes(content)

    def _client(self) -> docker.APIClient:
        client: docker.APIClient | None = getattr(self._local, "client", None)
        if client is None:
            if not self.host.engine_socket.exists():  # the SDK would say "not found" and leak a descriptor
                raise EngineUnreachable(self.host.name, "it has no socket")
            client = docker.APIClient(base_url=f"unix://{self.host.engine_socket}", version=API_VERSION)
            # No proxy, .netrc or certificate settings of the machine apply to a unix socket; looking costs 2 ms a call.
            client.trust_env = False
            self._local.client = client
            with self._lock:
                self._clients.append(client)
        return client


def connect(host: Host) -> Engine:
    """Open the engine of a running host. Nothing is asked of it yet, and it need not answer yet."""
    return Engine(host)


def _said(answer: object) -> str:
    """Return the engine's own words without a final stop."""
    message = answer.get("message") if isinstance(answer, dict) else None
    return " ".join(str(message or "no reason given").split()).removeprefix("Error response from daemon: ").rstrip(".")
