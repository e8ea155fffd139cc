"""Read request bodies: JSON objects and nothing else."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from labs.api.problems import MalformedJson, UnsupportedMediaType


class StrictJsonParser(Parser):
    """Refuse a body that is declared as another type, is not UTF-8 JSON, or is not an object."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return the object. A request without a body never comes here."""
        content_type = (request.content_type or "").lower()
        if content_type != "application/json":
            raise UnsupportedMediaType(
                f"The body is {content_type or 'of no declared type'}; send application/json.",
                accepted="application/json",
            )
        try:
            value = json.loads(request.body, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            raise MalformedJson(
                f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
                line=error.lineno,
                column=error.colno,
            ) from error
        except (UnicodeDecodeError, RecursionError, ValueError) as error:
            raise MalformedJson(f"The body is not JSON: {type(error).__name__}.") from error
        if not isinstance(value, dict):
            raise MalformedJson("The body is JSON but not an object.")
        return value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
