"""`modelport serve` with nothing of money in it: what `modelport` is measured against to tell what money costs.

`python -m bench.unbilled serve ...` is `modelport serve ...`, but for bills that hold nothing, count in no limit,
price nothing and record nothing: no credits, no ledger, no generation, no journal. What Modelport costs above this is
what all of that costs.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modelport.cli.main import app
from modelport.dialects.canonical import Charged, FinishReason
from modelport.gateway import serve
from modelport.gateway.bill import Bill
from modelport.limits.ticket import FREE_PASS

if TYPE_CHECKING:
    from modelport.catalog.snapshot import Endpoint
    from modelport.credits.service import Checkpoint
    from modelport.dialects.canonical import Usage
    from modelport.gateway.asked import Asked
    from modelport.gateway.bill import Headers
    from modelport.gateway.plan import Plan
    from modelport.gateway.services import Services
    from modelport.keys.service import LiveKey
    from modelport.usage.generation import Generation


class NoBill(Bill):
    """Goes with a request as a bill does, and does nothing."""

    __slots__ = ()

    def __init__(self, generation: Generation, key: LiveKey) -> None:  # pyright: ignore[reportMissingSuperCall]  (that is the point)
        self.generation = generation
        self._key = key
        self.ticket = FREE_PASS
        self.produced_bytes = 0

    @property
    def completion_cap(self) -> int | None:
        """Nothing is capped."""
        return None

    @property
    def prompt_floor(self) -> int:
        """Nothing is counted."""
        return 0

    @property
    def opened(self) -> bool:
        """Nothing is durable."""
        return False

    async def deliver(self, endpoint: Endpoint) -> None:
        """Delivers without a hold."""

    def limit_headers(self) -> Headers:
        """Tells of no limit."""
        return []

    def point(self) -> Checkpoint | None:
        """Leaves nothing to a crash."""
        return None

    def wasted(self, provider: str, amount: int) -> None:
        """Notes no cost."""

    def completed(
        self,
        endpoint: Endpoint,  # noqa: ARG002
        usage: Usage,
        *,
        has_output: bool,  # noqa: ARG002
    ) -> tuple[Charged, asyncio.Future[None]]:
        """Charges nothing, and is done at once."""
        return Charged(usage, 0, 0, 0), _done()

    def cancelled(self, endpoint: Endpoint | None, usage: Usage | None) -> asyncio.Future[None]:  # noqa: ARG002
        """The same of a caller who left."""
        self.generation.status = "cancelled"
        return _done()

    def failed(self, error: Exception, usage: Usage | None = None) -> asyncio.Future[None]:  # noqa: ARG002
        """The same of a fault."""
        self.generation.status = "error"
        self.generation.finish_reason = FinishReason.ERROR.value
        return _done()


def _done() -> asyncio.Future[None]:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


async def open_nothing(
    _services: Services, key: LiveKey, _plan: Plan, _request: Asked, generation: Generation, **_more: object
) -> Bill:
    """Stands in for `open_bill`."""
    return NoBill(generation, key)


def main() -> None:
    """Takes the money out, then runs the command line."""
    serve.open_bill = open_nothing
    app()


if __name__ == "__main__":
    main()
