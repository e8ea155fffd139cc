"""Lab hosts kept started ahead of need, so that a launch claims one instead of starting it. Worker only."""

from __future__ import annotations

import logging

from django.conf import settings

from labs.errors import LabError
from labs.hosts import pool

logger = logging.getLogger(__name__)


def refill() -> None:
    """Park as many hosts as the machine is to keep, of the usual limits; a host that will not start is logged."""
    try:
        pool.park(settings.WARM_HOSTS)
    except LabError as error:
        logger.warning("a warm host could not be parked: %s", error.reason)
