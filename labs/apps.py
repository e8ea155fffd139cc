"""The Django application that holds Netquarium's rows, tasks and commands."""

from __future__ import annotations

from django.apps import AppConfig


class LabsConfig(AppConfig):
    name = "labs"
    verbose_name = "Netquarium"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make Celery's application the current one, so that every process sends tasks to the same broker."""
        from labsite.celery import app

        app.set_default()
