"""The OpenAPI document says what the API does."""

from __future__ import annotations

import json
from io import StringIO

from django.core.management import call_command
from django.test import Client

from labs.api.application import api

DOCUMENT = json.loads(json.dumps(api.get_openapi_schema()))
OPERATIONS = {
    (method, path): operation for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
}


def test_the_document_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")


def test_every_path_ends_in_a_slash() -> None:
    assert [path for path in DOCUMENT["paths"] if not path.endswith("/")] == []


def test_every_operation_has_a_short_snake_case_name_of_its_own() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not name.replace("_", "").islower() or len(name) > 30] == []


def test_every_operation_says_that_it_may_answer_with_a_problem() -> None:
    for key, operation in OPERATIONS.items():
        content = operation["responses"]["default"]["content"]
        assert "application/problem+json" in content, key


def test_every_reference_is_defined() -> None:
    text = json.dumps(DOCUMENT)
    wanted = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted <= set(DOCUMENT["components"]["schemas"])


def test_all_but_logging_in_asks_who_calls() -> None:
    free = {operation["operationId"] for operation in OPERATIONS.values() if not operation.get("security")}
    assert free == {"login", "get_csrf"}


def test_export_schema_prints_the_same_document() -> None:
    printed = StringIO()
    call_command("export_schema", stdout=printed)
    assert json.loads(printed.getvalue()) == DOCUMENT


def test_schema_and_documentation_are_served(db: None) -> None:
    assert Client().get("/api/v1/schema").json() == DOCUMENT
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200
    assert b"cdn" not in page.content
