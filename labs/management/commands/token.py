"""`manage.py token`: a bearer token for programs."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from labs.models.token import Scope, issue


class Command(BaseCommand):
    help = "Print a new bearer token, alone. It is kept as a hash and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", default="admin", help="whose (admin)")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="what it may do, several times if need be (all that the user may)",
        )
        parser.add_argument("--name", default="from the shell", help="a note to know it by")
        parser.add_argument("--days", type=int, help="how long it is good for (until deleted)")

    def handle(self, *, user: str, scope: list[str] | None, name: str, days: int | None, **_options: object) -> None:
        owner = User.objects.filter(username=user, is_active=True).first()
        if owner is None:
            known = ", ".join(User.objects.filter(is_active=True).values_list("username", flat=True)[:20])
            raise CommandError(
                f"There is no user {user}; there are: {known or 'none yet (make_admin)'}. make_user makes one."
            )
        scopes = [Scope(one) for one in scope or [Scope.ADMIN if owner.is_staff else Scope.LEARNER]]
        if days is not None and days < 1:
            raise CommandError("--days takes a number from 1.")
        if Scope.ADMIN in scopes and not owner.is_staff:
            raise CommandError(f"{user} is no administrator and can have no token of scope admin.")
        expires_at = None if days is None else timezone.now() + timedelta(days=days)
        self.stdout.write(issue(owner, scopes, name=name, expires_at=expires_at)[1])
