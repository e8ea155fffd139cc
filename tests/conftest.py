"""Removes the installation that `tests.settings` makes for the test run."""

from __future__ import annotations

import shutil

from hypothesis import HealthCheck, settings

from tests.settings import INSTALLATION

# A machine of two cores that also runs engines may take a second to draw one example: that says nothing of the code.
settings.register_profile("shared-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared-machine")


def pytest_unconfigure() -> None:
    shutil.rmtree(INSTALLATION, ignore_errors=True)
