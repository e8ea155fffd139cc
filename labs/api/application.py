"""The API: routes, authentication and documentation put together."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from labs.api import account, catalog, commands, matrices, probes, problems, sessions, terminals, tokens, topology
from labs.api.authentication import BearerToken, SessionCookie
from labs.api.parser import StrictJsonParser
from labs.api.shapes import Problem

DESCRIPTION = """\
Launch labs on real Docker Engines, read their live network graph, measure what reaches what, run commands.

Long work answers `202` with a `Location` to poll; a session's WebSocket at `/ws/sessions/{id}/` follows it live.
Every refusal is an RFC 9457 problem (`application/problem+json`) with a stable `code`.
"""


class LabsAPI(NinjaAPI):
    """NinjaAPI whose schema also says that any operation may answer with a problem."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the OpenAPI 3.1 document."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}", by_alias=True)
        schemas = document["components"]["schemas"]
        schemas |= shape.pop("$defs", {}) | {"Problem": shape}
        refusal = {
            "description": "Refused or failed",
            "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = refusal
        return document


api = LabsAPI(
    title="Netquarium",
    version="1",
    description=DESCRIPTION,
    openapi_url="/schema",
    docs_url="/docs",
    urls_namespace="api",
    auth=[BearerToken(), SessionCookie()],
    parser=StrictJsonParser(),
)
problems.register(api)
api.add_router("/labs/", catalog.router, tags=["labs"])
api.add_router("/sessions/", sessions.router, tags=["sessions"])
api.add_router("/sessions/", topology.router, tags=["topology"])
api.add_router("/sessions/", probes.router, tags=["probes"])
api.add_router("/sessions/", matrices.router, tags=["matrices"])
api.add_router("/sessions/", commands.router, tags=["commands"])
api.add_router("/sessions/", terminals.router, tags=["terminals"])
api.add_router("/tokens/", tokens.router, tags=["tokens"])
api.add_router("", account.router, tags=["account"])
