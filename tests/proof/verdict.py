"""What every caller saw, held against the ledger, call by call.

A call belongs to the first of these that fits:

- **Its end arrived** (the JSON of an answer, or the usage chunk and `[DONE]`): one charge, to the nano-dollar.
- **An error arrived** (as a status or as an event): no charge, however much of a stream came before it.
- **Some of a stream arrived**, then its caller left or the server was killed: one charge above zero, at most what the
  request could cost. If the provider had failed it at that very moment (the generation says `error`, and the call was
  scripted to fail): none.
- **Nothing arrived.** The server may have been further than its caller saw, and its records decide: an answer that
  had ended (`ok`) was settled before its first byte was sent, so it is charged as one that ended; a stream whose hold
  was durable may be charged, for its first event was on its way; whatever else was cut short or given up is free, and
  so is every answer that is not streamed and had not ended. A killed server that had recorded nothing charges nothing.

Beside that: nobody is charged for an answer of which the provider had sent nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proof.callers import Call
    from proof.world import Customer, World

__all__ = ["Figures", "judge"]


@dataclass
class Figures:
    """What a proof counted."""

    requests: int = 0
    kills: int = 0
    charges: int = 0
    charged: int = 0
    kinds: Counter[str] = field(default_factory=Counter[str])

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        return f"{self.requests} requests, {self.kills} kills, {self.charges} charges ({kinds})"


async def judge(world: World, customer: Customer, calls: list[Call], granted: int, kills: int) -> Figures:
    """Holds every call against what the world's database says; fails with the call that differs."""
    figures = Figures(requests=sum(call.sent for call in calls), kills=kills)
    generations: dict[str, list[Any]] = defaultdict(list)
    for row in await world.rows("SELECT * FROM generations"):
        generations[row.external_user].append(row)
    charges: dict[str, list[Any]] = defaultdict(list)
    delivered: set[str] = set()
    for row in await world.rows("SELECT * FROM transfers WHERE code IN ('generation', 'hold') ORDER BY seq"):
        if row.phase == "pending":
            delivered.add(row.reference)
        elif row.amount:
            charges[row.reference].append(row)
    provider = {record["marker"]: record for record in await world.provider_log()}

    for call in calls:
        found = generations.pop(call.marker, [])
        assert len(found) <= 1, f"recorded twice: {call}"
        made = found[0] if found else None
        paid = charges.pop(made.id, []) if made is not None else []
        assert len(paid) <= 1, f"charged twice: {call}"
        amount = paid[0].amount if paid else 0
        kind = _judge_one(call, made, amount, durable=made is not None and made.id in delivered)
        figures.kinds[kind] += 1
        if made is not None:
            assert made.cost == amount, f"the generation says {made.cost}, the ledger {amount}: {call}"
            assert call.generation_id in {None, made.id}, call
        if amount:
            figures.charges += 1
            figures.charged += amount
            assert provider[call.marker]["completion_tokens_sent"] > 0, f"nothing was produced, but charged: {call}"
    assert not generations, "generations that nobody asked for"
    assert not charges, "charges without a generation"

    await _judge_sums(world, customer, granted, figures)
    return figures


def _judge_one(call: Call, made: Any, amount: int, *, durable: bool) -> str:  # noqa: PLR0911 (a return a verdict)
    status = None if made is None else made.status
    about = f"{amount} charged, status {status}, exact {call.exact}: {call}"
    if call.ended:
        assert status == "ok", about
        assert amount == call.exact, about
        assert call.cost == call.exact / 10**9, about
        if call.read_back is not None:
            assert call.read_back["usage"] == call.cost, about
        return "ended"
    if call.told_error:
        assert amount == 0, about
        assert status in {None, "error"}, about
        assert call.fail or call.cut, about
        return "errors, free"
    assert call.left or call.cut or not call.sent, about
    if call.events:
        if status == "error":
            assert call.fail, about
            assert amount == 0, about
            return "errors, free"
        assert 0 < amount <= call.most, about
        if status == "ok":
            assert amount == call.exact, about
        return "partly seen"
    if status == "ok":
        assert amount == call.exact, about
        return "ended unseen"
    if made is not None and status == "cancelled" and made.streamed and durable:
        assert amount <= call.most, about
        return "begun unseen" if amount else "nothing seen, free"
    assert amount == 0, about
    return "nothing seen, free"


async def _judge_sums(world: World, customer: Customer, granted: int, figures: Figures) -> None:
    report = world.check_ledger()
    assert report["fault"] is None
    assert report["open_holds"] == 0
    assert not await world.rows("SELECT id FROM holds")
    [balance] = await world.rows(
        "SELECT b.* FROM balances b JOIN ledger_accounts a ON a.id = b.account "
        "WHERE a.kind = 'credits' AND a.owner = :owner",
        owner=customer.account_id,
    )
    assert balance.credits_posted == granted
    assert balance.debits_posted == figures.charged
    assert balance.debits_pending == 0
    assert granted - figures.charged >= 0
    [days] = await world.rows(
        "SELECT coalesce(sum(spent), 0) AS spent FROM key_days WHERE key_id = :key", key=customer.key_id
    )
    assert days.spent == figures.charged
    # Every charge has its reason among what callers saw, or what a killed or abandoned connection kept from them.
    reasons = figures.kinds["ended"] + figures.kinds["partly seen"] + figures.kinds["ended unseen"]
    assert figures.charges == reasons + figures.kinds["begun unseen"]
