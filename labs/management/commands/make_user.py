"""`manage.py make_user`: a login for a learner, or for another member of staff."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Create a login and print its password once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--staff", action="store_true", help="may see and end everybody's sessions")

    def handle(self, *, username: str, staff: bool, **_options: object) -> None:
        if User.objects.filter(username=username).exists():
            raise CommandError(f"There is a user {username} already.")
        password = secrets.token_urlsafe(12)
        User.objects.create_user(username, password=password, is_staff=staff)
        self.stdout.write(password)
