"""The product's settings, in an installation of its own, so that no test meets a running instance.

A module of settings because pytest-django loads it before anything else of the product or the tests.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

INSTALLATION = Path(tempfile.mkdtemp(prefix="nqt-", dir="/tmp"))  # short: it holds sockets (108 bytes with the path)
INSTALLATION.chmod(0o711)
for _name in ("run", "state"):
    (INSTALLATION / _name).mkdir(mode=0o755)
    os.environ[f"NETQUARIUM_{_name.upper()}"] = str(INSTALLATION / _name)

from labsite.settings import *  # noqa: E402, F403 - reads the environment above
