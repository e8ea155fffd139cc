"""Send tasks by name, so that whoever asks for work need not be able to do it."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError

from labs.services.errors import QueueUnavailable
from labsite.celery import app

logger = logging.getLogger(__name__)


def send(task: str, *arguments: str, machine: str = "") -> None:
    """Queue `labs.tasks.<task>` for the machine, or for any. Raises QueueUnavailable within about a second."""
    queue = f"machine.{machine}" if machine else "default"
    try:
        app.send_task(f"labs.tasks.{task}", args=arguments, queue=queue)
    except OperationalError as error:
        logger.exception("task %s%r was not queued", task, arguments)
        raise QueueUnavailable("The task queue does not answer just now; try again.") from error
