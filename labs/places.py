"""Where things live on the machine. Three folders, each movable by one environment variable.

Several installations can stand side by side (a developer's, a test run's): they share the cache and
differ in state and run folders, from which every other name (control groups, box ids) derives.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

CACHE = Path(os.environ.get("NETQUARIUM_CACHE", "/var/cache/netquarium"))
"""Rebuilt at will, keyed by content: virtual environments, the lab host image, container images."""

STATE = Path(os.environ.get("NETQUARIUM_STATE", "/var/lib/netquarium"))
"""Kept across restarts: database, secret key, logs."""

RUN = Path(os.environ.get("NETQUARIUM_RUN", "/run/netquarium"))
"""Gone after a reboot, as its contents are: sockets, bundles of running lab hosts."""


def installation() -> str:
    """Return eight hex digits that tell this installation's kernel objects from another's on the same machine."""
    return hashlib.sha256(str(RUN).encode()).hexdigest()[:8]
