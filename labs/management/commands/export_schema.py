"""`manage.py export_schema`: the OpenAPI document, for the page's generated client."""

from __future__ import annotations

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from labs.api.application import api


class Command(BaseCommand):
    help = "Print the OpenAPI 3.1 document of the REST interface, or write it to a file."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, help="write to this file instead of standard output")

    def handle(self, *, output: Path | None, **_options: object) -> None:
        text = json.dumps(api.get_openapi_schema(), indent=2) + "\n"
        if output is None:
            self.stdout.write(text, ending="")
        else:
            output.write_text(text)
