"""Talk to the running instance over its own REST interface, as the operator or with NETQUARIUM_TOKEN."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import cast

from labsite.setup.errors import NotRunning, RequestRefused
from labsite.setup.options import Options
from labsite.setup.up import access

JSON = dict[str, object]


class Client:
    """REST calls with a bearer token. Each raises NotRunning when nothing answers, RequestRefused on a refusal."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.token = os.environ.get("NETQUARIUM_TOKEN") or access(options).token
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str) -> JSON:
        return cast("JSON", self.call("GET", path))

    def list(self, path: str) -> list[JSON]:
        """Return a collection, whether it comes as a list or as {"items": […]}."""
        answer = self.call("GET", path)
        return cast("list[JSON]", answer["items"] if isinstance(answer, dict) else answer)

    def post(self, path: str, body: Mapping[str, object], *, timeout_s: float = 30) -> JSON:
        return cast("JSON", self.call("POST", path, body, timeout_s=timeout_s))

    def delete(self, path: str) -> None:
        self.call("DELETE", path)

    def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, timeout_s: float = 30
    ) -> object:
        """Return the answer's JSON value, None when it has no body."""
        request = urllib.request.Request(
            f"{self.options.url}api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json", "Host": "localhost"}
            | ({"Content-Type": "application/json"} if body is not None else {}),
        )
        try:
            with self._opener.open(request, timeout=timeout_s) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise NotRunning(f"No instance answers at {self.options.url} ({reason}). Start it: ./nq up") from error
        return json.loads(text) if text.strip() else None


def _refusal(error: urllib.error.HTTPError) -> RequestRefused:
    """Turn problem details (RFC 9457) into one sentence."""
    try:
        problem = json.loads(error.read())
        sentence = str(problem.get("detail") or problem.get("title") or error.reason)
        code = str(problem.get("code", ""))
    except (ValueError, AttributeError):
        sentence, code = f"The instance answered {error.code} {error.reason}.", ""
    return RequestRefused(sentence, error.code, code)
