"""`manage.py stop`: end sessions from the shell."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.errors import LabError
from labs.models import LabSession
from labs.models.session import LIVE
from labs.services.session import request


class Command(BaseCommand):
    help = "Ask for the end of some sessions, or of all that live; the worker removes them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("session", nargs="*", help="their ids")
        parser.add_argument("--all", action="store_true", help="every live session")

    def handle(self, *, session: list[str], **options: object) -> None:
        if options["all"]:
            session = list(LabSession.objects.filter(state__in=LIVE).values_list("id", flat=True))
        elif not session:
            raise CommandError("Name a session, or say --all.")
        for one in session:
            try:
                request.stop(one)
            except LabError as error:
                raise CommandError(error.reason) from error
