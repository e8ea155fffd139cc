"""How much of the observer one session may take."""

from __future__ import annotations

import pytest

from labs.live.session_watch import rest_s


@pytest.mark.parametrize("took_s", [0.0002, 0.03, 0.2, 1.0])
def test_one_session_takes_a_fifth_of_the_event_loop_at_most(took_s: float) -> None:
    assert took_s / (took_s + rest_s(took_s)) <= 0.2
