"""Reading generations back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from modelport.usage import store
from modelport.usage.errors import NoSuchGeneration
from modelport.usage.margin import By, DayMargin, MarginReport, margin, margin_days

if TYPE_CHECKING:
    from modelport.db.database import Database
    from modelport.usage.generation import Generation

__all__ = ["Usage"]


class Usage:
    """The door to generations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def generation(self, generation_id: str, account_id: str) -> Generation:
        """The account's generation, readable as soon as its caller has seen its end.

        Raises `NoSuchGeneration`, also for another account's.
        """
        found = await self._database.read(partial(store.one, generation_id=generation_id, account_id=account_id))
        if found is None:
            raise NoSuchGeneration(f"Generation {generation_id[:80]} not found.")
        return found

    async def free_answers_since(self, account_id: str, since_ms: int) -> int:
        """How many answers of free models the account got since `since_ms`."""
        return await self._database.read(partial(store.free_since, account_id=account_id, since_ms=since_ms))

    async def margin(
        self, by: By = "model", *, since_ms: int | None = None, until_ms: int | None = None
    ) -> MarginReport:
        """What was charged, what it cost and what is left, by model, provider or UTC day; over all time the ledger is
        asked for the same.
        """
        return await self._database.read(partial(margin, by=by, since_ms=since_ms, until_ms=until_ms))

    async def margin_days(self, by: Literal["model", "provider"], *, since_ms: int, until_ms: int) -> list[DayMargin]:
        """The same day by day, for charts."""
        return await self._database.read(partial(margin_days, by=by, since_ms=since_ms, until_ms=until_ms))
