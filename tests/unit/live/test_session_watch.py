"""How much of the observer one session may take."""

from __future__ import annotations

import asyncio

import pytest

from labs.live import session_watch
from labs.live.inotify import Inotify
from labs.live.session_watch import SessionWatch, rest_s
from labs.live.stream import AsyncStream


@pytest.mark.parametrize("took_s", [0.0002, 0.03, 0.2, 1.0])
def test_one_session_takes_a_fifth_of_the_event_loop_at_most(took_s: float) -> None:
    assert took_s / (took_s + rest_s(took_s)) <= 0.2


class SurprisedOnce(SessionWatch):
    """Its first update ends in an error nobody foresaw; later ones count."""

    updates = 0

    async def _begin(self) -> None:
        pass

    async def _update(self) -> float:
        self.updates += 1
        if self.updates == 1:
            raise ZeroDivisionError
        return 0.0


def test_an_unforeseen_error_is_told_and_the_graph_is_read_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(session_watch, "SURPRISE_RETRY_S", 0.01)

    async def scenario() -> None:
        watch = SurprisedOnce("aabbccddeeff", AsyncStream("unix:///nowhere"), Inotify(), lambda *_: None)
        watch.start()
        await watch.set_hosts({}, None)
        async with asyncio.timeout(5):
            while watch.updates < 2:
                await asyncio.sleep(0.01)
        await watch.close()

    asyncio.run(scenario())
    assert "ZeroDivisionError" in caplog.text
