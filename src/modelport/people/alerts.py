"""Tells an account's people what its use has come to: credits that run low, limits of keys and budgets that are used up
to four fifths or wholly, and models they use that go away.

It goes over what was used a moment ago, beside the requests, which know nothing of it. What was told once is told
again only when it has become true anew: after a top-up, in the next window, under another limit.
"""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from modelport.credits.budgets import Spender
from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.kit.meter import window_start
from modelport.kit.money import format_usd, parse_usd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.catalog.service import Catalog
    from modelport.credits.budgets import Budgets, LiveBudget
    from modelport.credits.service import Credits
    from modelport.guardrails.service import Guardrails
    from modelport.keys.service import Keys, LiveKey
    from modelport.notices.service import Notices
    from modelport.settings import Settings
    from modelport.usage.insight import Insight

    class Services(Protocol):
        """The part of the process's services that is used here."""

        @property
        def settings(self) -> Settings: ...
        @property
        def catalog(self) -> Catalog: ...
        @property
        def credits(self) -> Credits: ...
        @property
        def budgets(self) -> Budgets: ...
        @property
        def guardrails(self) -> Guardrails: ...
        @property
        def keys(self) -> Keys: ...
        @property
        def notices(self) -> Notices: ...
        @property
        def insight(self) -> Insight: ...


__all__ = ["Alerts", "reached"]

_log = structlog.get_logger(__name__)
_MODELS_SECONDS: Final = 3600.0
_LINGERING_MS: Final = 15 * 60_000
"""For how long a key is looked at after it was last shown: an answer may take as long to end."""
_SPARED_MS: Final = 3 * 60_000
_BEFORE: Final = timedelta(days=30)
"""How long before its end people are told of a model's; and how long ago they must have used it."""
_MOST_KNOWN: Final = 50_000


def reached(spent: int, limit: int) -> int:
    """Which part of a limit is used, in percent: 100, 80, or 0 for less than that."""
    if spent >= limit:
        return 100
    return 80 if spent * 100 >= limit * 80 else 0


class Alerts:
    """Looks at what was used."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._least = parse_usd(services.settings.low_balance_usd)
        self._watched: dict[str, tuple[LiveKey, int]] = {}
        """Keys by their ids, each with when it was last shown."""
        self._looked: dict[str, int] = {}
        """When they were last looked at, where several servers share what is counted: each look asks the database."""
        self._reached: dict[str, int] = {}
        """How far limits were used when that was last told, by what is told once."""
        self._low: dict[str, bool] = {}
        """Whether an account was told that its credits run low."""
        self._going: set[tuple[str, str]] = set()
        """Accounts that were told of a model's end."""

    async def run(self) -> None:
        """Looks for models that go away once an hour, for ever."""
        while True:
            try:
                await self.models()
            except DatabaseDown:
                pass
            except Exception:  # noqa: BLE001 (tried again next time)
                _log.exception("alerts.fault")
            await asyncio.sleep(_MODELS_SECONDS)

    async def look(self, used: Sequence[LiveKey]) -> None:
        """Looks at keys that were used since the last time, at their budgets and at their accounts."""
        now = clock.now_ms()
        self._watched |= {live.record.id: (live, now) for live in used}
        self._watched = {name: each for name, each in self._watched.items() if each[1] > now - _LINGERING_MS}
        if len(self._reached) > _MOST_KNOWN:
            self._reached.clear()  # what is stored as told is not told again
        due = [live for live, _ in self._watched.values()]
        if self._services.credits.shared:
            due = [live for live in due if self._looked.get(live.record.id, 0) <= now - _SPARED_MS]
            self._looked = {name: at for name, at in self._looked.items() if name in self._watched}
            self._looked |= {live.record.id: now for live in due}
        for live in due:
            await self._key(live)
            await self._budgets(live)
        for account_id in {live.record.account_id for live in due}:
            await self._balance(account_id)

    async def _key(self, live: LiveKey) -> None:
        record = live.record
        if not record.limit:
            return
        if self._services.credits.shared:
            await self._services.keys.reread(live)
        spent, today = live.spent(record.limit_reset), clock.day(clock.now_ms())
        subject = f"{record.id}/{record.limit}/{window_start(record.limit_reset, today)}"
        if level := self._rises(subject, reached(spent, record.limit)):
            await self._services.notices.send(
                record.account_id,
                f"key_limit_{level}",
                subject=subject,
                key=f"{record.name} ({record.label})",
                used=_usd(spent),
                limit=_usd(record.limit),
                interval=record.limit_reset,
            )

    async def _budgets(self, live: LiveKey) -> None:
        services, key = self._services, live.record
        policy = await services.guardrails.of(live)
        guardrails = () if policy is None else policy.budgets
        names = {} if policy is None else {each.id: each.name for _, each in policy.applied}
        spender = Spender(key.account_id, key.user_id, key.id, live.workspace_id, guardrails)
        for budget in await services.budgets.of(spender):
            await self._budget(budget, names.get(budget.record.subject))

    async def _budget(self, budget: LiveBudget, guardrail: str | None) -> None:
        record, services = budget.record, self._services
        if not record.limit:
            return
        spent = budget.spent(record.interval)
        if services.credits.shared:
            spent = await services.budgets.spent(record, budget.spender)
        window = window_start(record.interval, clock.day(clock.now_ms()))
        subject = f"{record.id}/{budget.spender}/{record.limit}/{window}"
        if level := self._rises(subject, reached(spent, record.limit)):
            await services.notices.send(
                record.account_id,
                "budget",
                subject=f"{subject}/{level}",
                budget=budget.title if guardrail is None else f"{budget.title} ({guardrail})",
                used=_usd(spent),
                limit=_usd(record.limit),
                interval=record.interval,
                percent=level,
            )

    async def _balance(self, account_id: str) -> None:
        services = self._services
        purse = await services.credits.purse(account_id)
        if not purse.ever_funded:
            return
        balance = purse.posted
        if services.credits.shared:
            totals = await services.credits.totals(account_id)
            balance = totals.granted - totals.used
        own = await services.notices.low_balance(account_id)
        threshold = self._least if own is None else own
        known = self._low.get(account_id)
        if len(self._low) > _MOST_KNOWN:
            self._low.clear()
        if balance >= threshold:
            if known is not False:
                await services.notices.over(account_id, "low_balance", "balance")
            self._low[account_id] = False
        elif not known:
            facts = {"balance": _usd(balance), "threshold": _usd(threshold)}
            await services.notices.send(account_id, "low_balance", subject="balance", **facts)
            self._low[account_id] = True

    async def models(self) -> None:
        """Tells those who used a model in the last month that it goes away within the next."""
        now_ms = clock.now_ms()
        today = date(1970, 1, 1) + timedelta(days=clock.day(now_ms))
        for model in list(self._services.catalog.snapshot.models.values()):
            ends = _day(model.expiration_date)
            if ends is None or not today <= ends <= today + _BEFORE:
                continue
            since = clock.day(now_ms) - _BEFORE.days
            for account_id in await self._services.insight.accounts_with(model.id, since):
                subject = f"{model.id}/{ends}"
                if (account_id, subject) not in self._going:
                    await self._services.notices.send(
                        account_id, "model_deprecated", subject=subject, model=model.id, date=str(ends)
                    )
                    self._going.add((account_id, subject))

    def _rises(self, subject: str, level: int) -> int:
        """The level, where it is higher than what was told of it; else 0."""
        if level <= self._reached.get(subject, 0):
            return 0
        self._reached[subject] = level
        return level


def _usd(amount: int) -> str:
    return f"${format_usd(amount)}"


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
