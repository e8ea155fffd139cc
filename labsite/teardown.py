"""Remove every lab host of this installation from the kernel: `python -m labsite.teardown`, once no program runs."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from labs.hosts import host


def main() -> int:
    """Stop all sessions' hosts, four at a time; returns how many sessions could not be removed whole (0: all gone)."""
    sessions = sorted(host.sessions())
    failures = 0
    with ThreadPoolExecutor(4) as pool:
        stops = {session: pool.submit(host.stop_session, session) for session in sessions}
        for session, stop in stops.items():
            if error := stop.exception():
                failures += 1
                sys.stderr.write(f"{session}: {error}\n")
            else:
                sys.stdout.write(f"{session}: removed\n")
    return failures


if __name__ == "__main__":
    sys.exit(min(main(), 1))
