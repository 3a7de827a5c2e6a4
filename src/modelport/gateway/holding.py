"""What one request has set aside: of the account's money, of its key's limit and of every budget, all or nothing.

Part of a `Bill`. It is in memory alone; `Bill.deliver` makes it durable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.errors import ModelportError
from modelport.gateway.weighing import Room, Sums

if TYPE_CHECKING:
    from modelport.credits.budgets import LiveBudget
    from modelport.credits.service import Purse
    from modelport.gateway.weighing import Weighed
    from modelport.keys.service import LiveKey
    from modelport.usage.leasing import Leasing

__all__ = ["Holding"]


class Holding:
    """What is set aside for one request."""

    __slots__ = ("_budgets", "_counted", "_key", "_purse", "_shares", "amount")

    def __init__(self, purse: Purse, key: LiveKey, budgets: tuple[LiveBudget, ...]) -> None:
        self._purse = purse
        self._key = key
        self._budgets = budgets
        self.amount = 0
        """What is set aside of the account's money, in nano-dollars."""
        self._counted = 0
        """What is set aside by limits that count own provider keys: as much, or more."""
        self._shares: list[tuple[LiveBudget | LiveKey, int]] = []
        """What is set aside of budgets and of the key's limit: more of those that count own provider keys."""
        self._nothing()

    def _nothing(self) -> None:
        self.amount = self._counted = 0
        self._shares = [(meter, 0) for meter in (*self._budgets, self._key)]

    def hold(self, weighed: Weighed) -> None:
        """Sets the money aside, from budgets, the key's limit and the account, and in the same step gives back what was
        set aside before for the same request. Raises as those do; then nothing is set aside.
        """
        self.release()
        self._nothing()
        charged, counted = weighed.amount
        held: list[tuple[LiveBudget | LiveKey, int]] = []
        try:
            for budget in self._budgets:  # in the order in which the reference checks
                share = counted if budget.counts_own else charged
                if share:
                    budget.hold(share)
                held.append((budget, share))
            share = counted if self._key.counts_own else charged
            if share:
                self._key.hold(share, affordable_tokens=weighed.affordable)
            held.append((self._key, share))
            if charged:
                self._purse.hold(charged, max_tokens=weighed.max_tokens, affordable_tokens=weighed.affordable)
        except ModelportError:
            for meter, share in held:
                meter.release(share)
            raise
        self.amount, self._counted, self._shares = charged, counted, held

    def take_extra(self, wanted: int) -> int:
        """Sets more aside, as much as there is of it without passing any limit; returns how much that was."""
        record = self._key.record
        if record.limit is not None:
            wanted = min(wanted, self._key.free(record.limit, record.limit_reset))
        for budget in self._budgets:
            wanted = min(wanted, budget.free(budget.record.limit, budget.record.interval))
        extra = self._purse.take_extra(wanted)
        self._key.held += extra
        for budget in self._budgets:
            budget.held += extra
        self.amount += extra
        self._shares = [(meter, share + extra) for meter, share in self._shares]
        return extra

    def release(self) -> None:
        """Gives everything back: once, when it was settled."""
        self._purse.release(self.amount)
        for meter, share in self._shares:
            meter.release(share)

    @property
    def counts_own(self) -> bool:
        """Whether any limit counts what comes by own provider keys."""
        limited = self._key.record.limit is not None
        return (limited and self._key.counts_own) or any(budget.counts_own for budget in self._budgets)

    def room(self) -> Room:
        """What there is for the request, what it has set aside already included."""
        charged, counted = self._purse.reach + self.amount, None
        for meter, share in self._shares:
            room = meter.room()
            if room is None:
                continue
            if meter.counts_own:
                counted = room + share if counted is None else min(counted, room + share)
            else:
                charged = min(charged, room + share)
        return Room(charged, counted)

    def reached(self, leasing: Leasing, sums: Sums) -> bool:
        """Whether this process may set so much aside as it stands, where several share what is held against."""
        return leasing.reaches(self._purse, self._key, self._budgets, *self._missing(sums))

    async def cover(self, leasing: Leasing, sums: Sums) -> None:
        """Sees to it that this process may set so much aside. Raises where it can't be had."""
        missing = self._missing(sums)
        shares = leasing.shares(self._purse, self._key, self._budgets)
        if missing.charged == missing.counted:
            await leasing.cover(shares, missing.charged)
            return
        await leasing.cover([share for share in shares if not share.counts_own], missing.charged)
        await leasing.cover([share for share in shares if share.counts_own], missing.counted)

    def _missing(self, sums: Sums) -> Sums:
        return Sums(max(sums.charged - self.amount, 0), max(sums.counted - self._counted, 0))
