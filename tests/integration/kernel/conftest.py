"""Fixtures of the tests on namespaces made by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.integration.kernel.bench import Bench


@pytest.fixture
def bench(nothing_left: None) -> Iterator[Bench]:
    """Namespaces of the test's own, gone after it."""
    if os.geteuid() != 0:
        pytest.skip("making network namespaces needs root")
    made = Bench()
    yield made
    made.close()
