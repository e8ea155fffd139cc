"""The product's settings for programs a test starts: the test run's database and catalogue."""

from __future__ import annotations

import os
from pathlib import Path

from labs import specs
from labsite.settings import *  # noqa: F403  # the product's own

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]  # noqa: F405  # from the line above
if "TEST_CATALOG" in os.environ:
    specs.CATALOG = Path(os.environ["TEST_CATALOG"])  # type: ignore[misc]  # final for the product, not for its tests
