"""The product's settings with a benchmark's own catalogue, for the processes of `live_instance`."""

from __future__ import annotations

import os
from pathlib import Path

from labs import specs
from labsite.settings import *  # noqa: F403  # the product's own

specs.CATALOG = Path(os.environ["BENCHMARK_CATALOG"])  # type: ignore[misc]  # final for the product
