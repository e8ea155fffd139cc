"""Celery tasks: names for what `labs.services` does, and nothing else. Every one bears being run twice."""

from __future__ import annotations

from celery import shared_task
from celery.signals import worker_init, worker_ready
from django.conf import settings

from labs.hosts import features
from labs.services import catalog, kernel_lacks, matrix_measure, probe_measure, queue, warm
from labs.services.errors import QueueUnavailable
from labs.services.session import launch as launching
from labs.services.session import overdue, stopping
from labs.services.session import sweep as sweeping


@shared_task(name="labs.tasks.launch", soft_time_limit=180)
def launch(session: str) -> None:
    """Launch a queued session; then make good the warm hosts it claimed."""
    launching.launch(session)
    if settings.WARM_HOSTS:
        warm.refill()


@shared_task(name="labs.tasks.stop")
def stop(session: str) -> None:
    """Remove everything of a stopping session."""
    stopping.stop(session)


@shared_task(name="labs.tasks.probe", soft_time_limit=60)
def probe(identifier: str) -> None:
    """Measure a queued probe."""
    probe_measure.measure(identifier)


@shared_task(name="labs.tasks.matrix")
def matrix(identifier: str) -> None:
    """Measure a queued matrix."""
    matrix_measure.measure(identifier)


@shared_task(name="labs.tasks.examine")
def examine(session: str) -> None:
    """Look whether the session's hosts still run; the observer asks this when an engine falls silent."""
    sweeping.examine(session)


@shared_task(name="labs.tasks.sweep")
def sweep() -> None:
    """Make this machine's rows and kernel agree, and its warm hosts as many as they are to be."""
    sweeping.sweep()
    warm.refill()


@shared_task(name="labs.tasks.expire")
def expire() -> None:
    """Stop sessions past their time."""
    overdue.expire()


@shared_task(name="labs.tasks.reap")
def reap() -> None:
    """Send lost work again and have every machine swept."""
    overdue.resend()


@worker_init.connect
def learn_once(**_sent: object) -> None:
    """Find out before the worker forks what each child would have to find out by itself, at a learner's expense."""
    features.present()
    catalog.labs()


@worker_ready.connect
def sweep_at_start(**_sent: object) -> None:
    """Look at once for what a worker that died here has left, and tell what the kernel lacks."""
    kernel_lacks.tell(features.present())
    try:
        queue.send("sweep", machine=settings.MACHINE)
    except QueueUnavailable:
        return  # beat sends the next one
