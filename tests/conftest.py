"""Removes the installation that `tests.settings` makes for the test run."""

from __future__ import annotations

import shutil

from tests.settings import INSTALLATION


def pytest_unconfigure() -> None:
    shutil.rmtree(INSTALLATION, ignore_errors=True)
