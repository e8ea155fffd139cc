"""`manage.py launch`: a session from the shell, without the web process. `./nq run` does the same over REST."""

from __future__ import annotations

import time

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.errors import LabError
from labs.models import LabSession
from labs.models.session import State
from labs.services.session import request

LOOK_EVERY_S = 0.1


class Command(BaseCommand):
    help = "Launch a lab for a user, show its progress, and print the session's id when it runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lab", help="its slug")
        parser.add_argument("--user", default="admin", help="who owns the session (admin)")

    def handle(self, *, lab: str, user: str, **_options: object) -> None:
        owner = User.objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no user {user}.")
        try:
            session = request.create(owner, lab).id
        except LabError as error:
            raise CommandError(error.reason) from error
        shown = ""
        while True:
            row = LabSession.objects.get(id=session)
            if row.progress_text != shown:
                shown = row.progress_text
                self.stderr.write(f"  {shown}")
            if row.state == State.RUNNING:
                self.stdout.write(session)
                return
            if not row.is_live:
                raise CommandError(f"{lab} {row.state}: {row.reason or 'no reason given'}")
            time.sleep(LOOK_EVERY_S)
