"""A hedge: when the first endpoint keeps silent for long, a second is asked too, and whoever answers first is taken.

The other is cancelled at once, which drops its connection; the caller is never charged for it, since only an answer
that is taken is. What its provider may charge is noted for the operator.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from modelport.gateway.attempt_call import Begun

__all__ = ["race"]


async def race(run: Callable[[], Awaitable[Begun]], drop: Callable[[Begun], None], seconds: float) -> Begun:
    """The answer of whichever run has one first; the second run begins after `seconds`, or not at all.

    `drop` is given an answer that came too late. Raises what the last run to fail raised.
    """
    tasks = [asyncio.ensure_future(run())]
    try:
        await asyncio.wait(tasks, timeout=seconds)
        if not tasks[0].done():
            tasks.append(asyncio.ensure_future(run()))
        while True:
            done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            won = next((task for task in tasks if task in done and task.exception() is None), None)
            if won is not None:
                tasks.remove(won)
                return won.result()
            if not running:
                return tasks[0].result()  # raises
            tasks = [*running]
    finally:
        await _stop(tasks, drop)


async def _stop(tasks: Sequence[asyncio.Future[Begun]], drop: Callable[[Begun], None]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError, Exception):
            # It may have had its answer in the same moment.
            drop(await task)
