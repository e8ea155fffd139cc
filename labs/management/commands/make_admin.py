"""`manage.py make_admin`: the first login."""

from __future__ import annotations

import json
import secrets

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from labs.models.token import Scope, issue


class Command(BaseCommand):
    help = "Create the administrator, once: prints the password and a token, which are kept nowhere in clear."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default="admin", help="the login's name (admin)")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
        parser.add_argument("--reset", action="store_true", help="give an existing administrator a new password")

    def handle(self, *, username: str, json: bool, reset: bool, **_options: object) -> None:
        with transaction.atomic():
            user, created = User.objects.get_or_create(username=username)
            user.is_staff = user.is_superuser = user.is_active = True
            password = secrets.token_urlsafe(12) if created or reset or not user.has_usable_password() else None
            if password is not None:
                user.set_password(password)
            user.save()
            token = issue(user, [Scope.ADMIN], name="made with the login")[1] if password is not None or json else None
        if json:
            self.stdout.write(_json(username, password, token))
        elif password is None:
            self.stdout.write(f"{username} is there already; --reset gives a new password.")
        else:
            self.stdout.write(f"username {username}\npassword {password}\ntoken    {token}")


def _json(username: str, password: str | None, token: str | None) -> str:
    return json.dumps({"username": username, "password": password, "token": token})
