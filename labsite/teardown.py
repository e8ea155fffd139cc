"""Take an installation's lab hosts down: `python -m labsite.teardown sessions`, then `… hosts`.

`sessions` asks the running worker to stop every session, so that each ends as stopped. `hosts` removes from the kernel
whatever is left once no program runs.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django

from labs.errors import LabError
from labs.hosts import host, pool
from labs.hosts import pool as parked

STOPPED_WITHIN_S = 30.0


def stop_sessions() -> int:
    """Have all live sessions stopped and wait for it; returns how many did not stop in time."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labsite.settings")
    django.setup()
    # Models exist only now.
    from django.conf import settings

    from labs.models.session import LIVE, LabSession
    from labs.services.session import request

    live = LabSession.objects.filter(state__in=LIVE, machine__in=[settings.MACHINE, ""])
    for session in live.values_list("id", flat=True):
        try:
            request.stop(session)
        except LabError as error:
            sys.stderr.write(f"{session}: {error.reason}\n")
    deadline = time.monotonic() + STOPPED_WITHIN_S
    while (left := live.count()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def remove_hosts() -> int:
    """Remove parked hosts and all sessions' hosts; returns how many sessions could not be removed whole."""
    pool.clear()
    failures = 0
    with ThreadPoolExecutor(4) as threads:
        stops = {session: threads.submit(host.stop_session, session) for session in sorted(host.sessions())}
        for session, stop in stops.items():
            if error := stop.exception():
                failures += 1
                sys.stderr.write(f"{session}: {error}\n")
            else:
                sys.stdout.write(f"{session}: removed\n")
    parked.clear()
    return failures


if __name__ == "__main__":
    sys.exit(min((stop_sessions if sys.argv[1:] == ["sessions"] else remove_hosts)(), 1))
