"""Step 5: write the answer to the caller as it comes, and keep them company while they wait.

The status is chosen when the first event is in hand, so that a fault before it can still be told as an HTTP error.
Only a caller who has waited long gets a 200 and a comment line earlier; faults then come as events.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from modelport.gateway.attempt_call import Begun
    from modelport.gateway.bill import Bill
    from modelport.gateway.exchange import Exchange

__all__ = ["BrokenOff", "company", "relay", "stream_headers"]


class BrokenOff(Exception):
    """A stream ended in good order, but in the middle of the answer."""


def stream_headers(base: list[tuple[bytes, bytes]], media_type: bytes) -> list[tuple[bytes, bytes]]:
    """Headers of a streamed answer; two of them keep proxies from holding events back."""
    return [
        *base,
        (b"content-type", media_type),
        # What only the end can tell of it: `explained.headers` with the cost.
        (b"trailer", b"X-Provider, X-Model, X-Attempt, X-Cost, Server-Timing"),
        (b"cache-control", b"no-cache, no-transform"),
        (b"x-accel-buffering", b"no"),
    ]


@contextlib.asynccontextmanager
async def company(
    exchange: Exchange, headers: list[tuple[bytes, bytes]], interval: float, line: bytes
) -> AsyncGenerator[None]:
    """While the block runs, sends the comment `line` every `interval` seconds, the first after that long."""
    writer: asyncio.Task[None] | None = None

    async def comment() -> None:
        if not exchange.started:
            await exchange.start(200, headers)
        while True:
            await exchange.write(line)
            await asyncio.sleep(interval)

    def begin() -> None:
        nonlocal writer
        writer = asyncio.create_task(comment())

    # A timer, not a task: most answers begin before it fires, and a timer costs next to nothing.
    timer = asyncio.get_running_loop().call_later(interval, begin)
    try:
        yield
    finally:
        timer.cancel()
        if writer is not None:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer


async def relay(exchange: Exchange, begun: Begun, bill: Bill, headers: list[tuple[bytes, bytes]]) -> None:
    """Writes a stream up to, but not including, its end.

    Raises a dialect's fault, `BrokenOff` or `UpstreamFault` when the provider fails in the middle.
    """
    if not exchange.started:
        await exchange.start(200, headers)
    way = begun.passage
    bill.produced_bytes = way.produced_bytes
    await exchange.write(begun.first)
    if begun.rest is None or way.done:
        return
    async for batch in begun.rest:
        if len(batch) == 1:
            data = way.feed(batch[0].event, batch[0].data)
        else:
            data = b"".join([way.feed(event.event, event.data) for event in batch])
        if data:
            # All events of one read in one send: each send costs about as much as an event.
            await exchange.write(data)
            bill.produced_bytes = way.produced_bytes
        if way.done:
            return
    if way.finish_reason is None:
        raise BrokenOff("The provider's stream broke off before the answer was complete.")
