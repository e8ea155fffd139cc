"""`manage.py exec`: a command in a session, by this machine's observer. `./nq exec` does the same over REST."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.errors import LabError
from labs.live import client


class Command(BaseCommand):
    help = "Run a command on a lab host or in a container; its exit code becomes this command's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("session")
        parser.add_argument("target", help="a lab host (alpha) or a container on it (alpha/web)")
        parser.add_argument("argv", nargs="+", metavar="-- command")
        parser.add_argument("--timeout", type=float, default=10.0, help="seconds it may take (10)")

    def handle(self, *, session: str, target: str, argv: list[str], timeout: float, **_options: object) -> None:
        try:
            done = client.execute(session, target, argv, timeout_s=timeout)
        except LabError as error:
            raise CommandError(error.reason) from error
        self.stdout.write(done["stdout"], ending="")
        self.stderr.write(done["stderr"], ending="")
        if done["timed_out"]:
            raise CommandError(f"Ended after {timeout:g} s.", returncode=124)
        sys.exit(done["exit_code"])
