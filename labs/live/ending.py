"""End tasks for certain."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_S = 0.05


async def end(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel tasks and return once all have ended; their results and errors are dropped. None is passed over.

    A cancellation can get lost: redis-py (8.1, Python 3.11.2) swallows one that comes while it connects. So it is sent
    again until it is heeded.
    """
    running = {task for task in tasks if task is not None and not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=AGAIN_S)
    await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
