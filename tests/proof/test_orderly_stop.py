"""SIGTERM is an orderly end: what is under way is settled to the last event, not to the last checkpoint."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from proof.callers import Crowd, plan, seeded
from proof.verdict import judge

if TYPE_CHECKING:
    from proof.world import World

_GRANT = 10**9


async def test_a_stop_under_load_leaves_nothing_open(world: World) -> None:
    """Streams under way get time to end; those who left a moment before are settled, too. Nothing is left to sweep."""
    customer = await world.furnish(_GRANT)
    calls = plan(seeded(7), 60, "stop")
    await world.start()
    crowd = Crowd(world, customer, at_once=60)
    sending = asyncio.create_task(crowd.send(calls))
    await crowd.until_done(15, sending)
    assert await asyncio.to_thread(world.stop) == 0, "the signal ended it, not its own end"
    await sending
    assert not await world.rows("SELECT id FROM holds"), "left to be swept at the next start"
    await judge(world, customer, calls, _GRANT, 0)
