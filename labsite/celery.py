"""The Celery application. A worker takes two queues: `default`, and `machine.<name>` for work tied to its kernel."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labsite.settings")

app = Celery("netquarium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["labs"])
