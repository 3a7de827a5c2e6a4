"""One transaction's worth of what requests leave behind: holds, generations, transfers, key spending.

Pure composition: the queue and the waiting are in `journal.py`, the tables belong to their domains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from modelport.credits import service as credits_
from modelport.credits.budgets import BudgetRef, LiveBudget
from modelport.credits.service import Balance, BudgetSpend, Checkpoint, Posting, StoredHold
from modelport.keys import service as keys_
from modelport.keys.service import LiveKey, Spend
from modelport.kit import clock
from modelport.usage import rollup, store
from modelport.usage.generation import Generation
from modelport.usage.withheld import Withheld, take_back

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    Also = Callable[[Connection], None]
    """What else is written in a transaction of the journal."""

__all__ = ["Books", "Charge", "Entry", "Opened", "Settled", "Sharer", "apply", "make_storable", "recover"]


class Charge(NamedTuple):
    """Who pays how much for a generation."""

    ledger_account: int
    key: LiveKey | None
    """The key in memory; None when its process is gone."""
    amount: int
    held: int
    """What the durable hold had set aside; 0 when none was made durable."""
    budgets: tuple[LiveBudget | BudgetRef, ...] = ()
    """Those that are charged as well; live ones where their process is."""
    own: int = 0
    """The price of what came by the account's own provider key, beside what is charged for it."""


class Opened(NamedTuple):
    """A stream that is about to deliver its first event."""

    hold: StoredHold
    ledger_account: int


class Settled(NamedTuple):
    """A generation that has ended, with what is to be charged; None when it is free."""

    generation: Generation
    charge: Charge | None
    release: Callable[[], None] | None = None
    """Called once the new balances are in memory: gives back what was held for this request."""
    owed: tuple[tuple[str, int], ...] = ()
    """What providers charge the operator for it, failed attempts included, by the provider's slug."""
    also: Also | None = None
    """What else belongs into its transaction."""


Entry = Opened | Settled | Withheld


class Books(NamedTuple):
    """Ledger accounts of the operator's costs."""

    provider_cost: int
    providers: Mapping[str, int]
    """What each provider is owed, by its slug."""


class Sharer(NamedTuple):
    """A process that shares its balances with others."""

    process: str
    cut_off: bool
    """Whether others ever took it for dead: what it held may be somebody else's since."""


def apply(
    connection: Connection,
    entries: Sequence[Entry],
    points: Sequence[Checkpoint],
    revenue: int,
    *,
    retry: bool,
    sharer: Sharer | None = None,
    books: Books | None = None,
) -> list[Balance]:
    """Writes a batch; with `retry`, only what an earlier try has not committed already. Returns the balances of
    every account that the batch moves or has moved.
    """
    moved: set[int] = set()
    if retry and entries:
        moved = _accounts(entries, revenue)
        entries = _without_known(connection, entries)
    if sharer is not None and (not credits_.is_alive(connection, sharer.process) or sharer.cut_off):
        entries = clipped(connection, entries, sharer.process)
    opened = [entry for entry in entries if isinstance(entry, Opened)]
    settled = [entry for entry in entries if isinstance(entry, Settled)]
    charges = [(entry.generation, entry.charge) for entry in settled if entry.charge is not None]
    postings = [_pending(entry, revenue) for entry in opened]
    moving = [each for each in charges if each[1].amount or each[1].held]
    postings += [_posting(generation, charge, revenue) for generation, charge in moving]
    postings += _costs(settled, books)
    postings += take_back(connection, [entry for entry in entries if isinstance(entry, Withheld)], revenue)
    if opened:
        credits_.add_holds(connection, [entry.hold for entry in opened])
    if points:
        credits_.checkpoint_holds(connection, points)
    if settled:
        _record(connection, settled)
    if charges:
        keys_.add_spend(connection, _spends(charges))
        if spends := _budget_spends(charges):
            credits_.add_budget_spend(connection, spends)
    if ended := [generation.id for generation, charge in charges if charge.held]:
        credits_.remove_holds(connection, ended)
    left = credits_.post(connection, postings) if postings else []
    # What was committed before has left its mark on balances that nobody here has seen yet.
    return [*left, *credits_.balances_of(connection, moved)] if moved else left


def _record(connection: Connection, settled: Sequence[Settled]) -> None:
    """Stores generations, with everything that is written beside them."""
    made = [entry.generation for entry in settled]
    store.add(connection, made)
    rollup.note(connection, made)
    for entry in settled:
        if entry.also is not None:
            entry.also(connection)


def clipped(connection: Connection, entries: Sequence[Entry], process: str) -> list[Entry]:
    """Charges no more than what is not somebody else's: for a process that others had taken for dead, and whose slices
    they may have. What that lacks is the operator's loss.
    """
    owners = {
        entry.charge.ledger_account: entry.generation.account_id
        for entry in entries
        if isinstance(entry, Settled) and entry.charge is not None
    }
    subjects = [("credits", account_id) for account_id in owners.values()]
    credits_.lock(connection, subjects)
    others, lost = credits_.leased(connection, subjects, process), credits_.orphans(connection)
    free = {
        subject[1]: credits_.posted_of(connection, subject[1]) - others.get(subject, 0) - lost.amounts.get(subject, 0)
        for subject in subjects
    }
    found: list[Entry] = []
    for entry in entries:
        if not isinstance(entry, Settled) or entry.charge is None:
            found.append(entry)
            continue
        generation, charge = entry.generation, entry.charge
        # A stream's durable hold is among what no other process may take.
        allowed = min(charge.amount, max(free[generation.account_id] + charge.held, 0))
        free[generation.account_id] -= allowed
        generation.shortfall += generation.cost - allowed
        generation.cost = allowed
        if not allowed and not charge.held and not charge.own:
            found.append(entry._replace(charge=None))
        else:
            found.append(entry._replace(charge=charge._replace(amount=allowed)))
    return found


def _accounts(entries: Sequence[Entry], revenue: int) -> set[int]:
    opened = {entry.ledger_account for entry in entries if isinstance(entry, Opened)}
    charged = {e.charge.ledger_account for e in entries if isinstance(e, Settled | Withheld) and e.charge}
    return opened | charged | {revenue}


def _without_known(connection: Connection, entries: Sequence[Entry]) -> list[Entry]:
    generations = store.known(connection, [entry.generation for entry in entries if isinstance(entry, Settled)])
    holds = credits_.known_keys(connection, [_hold_key(e.hold.id) for e in entries if isinstance(e, Opened)])

    def is_known(entry: Entry) -> bool:
        match entry:
            case Settled():
                return entry.generation.id in generations
            case Opened():
                return _hold_key(entry.hold.id) in holds
            case _:
                return False  # what was taken back already is free, and is left alone

    return [entry for entry in entries if not is_known(entry)]


def _hold_key(generation_id: str) -> str:
    return f"hold/{generation_id}"


def _pending(entry: Opened, revenue: int) -> Posting:
    hold = entry.hold
    return Posting(entry.ledger_account, revenue, hold.amount, "pending", "hold", hold.id, _hold_key(hold.id))


def _posting(generation: Generation, charge: Charge, revenue: int) -> Posting:
    if not charge.held:
        return Posting(
            charge.ledger_account,
            revenue,
            charge.amount,
            "single",
            "generation",
            generation.id,
            f"charge/{generation.id}",
        )
    return Posting(
        charge.ledger_account,
        revenue,
        charge.amount,
        "posted" if charge.amount else "voided",
        "generation",
        generation.id,
        f"charge/{generation.id}",
        _hold_key(generation.id),
        charge.held,
    )


def _spends(charges: Sequence[tuple[Generation, Charge]]) -> list[Spend]:
    sums: dict[tuple[str, int], list[int]] = {}
    for generation, charge in charges:
        one = sums.setdefault((generation.key_id, clock.day(generation.created_at)), [0, 0, 0])
        one[0] += charge.amount
        one[1] += 1
        one[2] += charge.own
    return [Spend(key_id, day, *counts) for (key_id, day), counts in sums.items()]


def _costs(settled: Sequence[Settled], books: Books | None) -> list[Posting]:
    """What the batch's answers cost the operator: one transfer a provider, whatever the number of answers."""
    if books is None:
        return []
    sums: dict[str, int] = {}
    first: dict[str, str] = {}
    for entry in settled:
        for slug, amount in entry.owed:
            if amount:
                sums[slug] = sums.get(slug, 0) + amount
                first.setdefault(slug, entry.generation.id)
    return [
        Posting(
            books.provider_cost,
            books.providers[slug],
            sums[slug],
            "single",
            "cost",
            first[slug],
            f"cost/{first[slug]}/{slug}",
        )
        for slug in sorted(sums)
    ]


def _budget_spends(charges: Sequence[tuple[Generation, Charge]]) -> list[BudgetSpend]:
    sums: dict[tuple[str, str, int], list[int]] = {}
    for generation, charge in charges:
        for budget in charge.budgets:
            one = sums.setdefault((budget.id, budget.spender, clock.day(generation.created_at)), [0, 0])
            one[0] += charge.amount
            one[1] += charge.own
    return [BudgetSpend(*place, *amounts) for place, amounts in sums.items()]


_LARGEST = 2**31 - 1
_WIDE = frozenset({"created_at", "cost", "upstream_cost", "byok_cost", "wasted_cost", "shortfall", "price_version"})


def make_storable(entry: Entry) -> None:
    """Gives up what no database can hold: NUL and half characters in texts, counts beyond 32 bits.

    They come from callers and providers, and a charge must not fail for them.
    """
    if not isinstance(entry, Settled):
        return
    generation = entry.generation
    for name in generation.__struct_fields__:
        value: object = getattr(generation, name)
        if isinstance(value, str):
            setattr(
                generation, name, value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
            )
        elif isinstance(value, int) and not isinstance(value, bool) and name not in _WIDE:
            setattr(generation, name, min(value, _LARGEST))


def recover(
    connection: Connection,
    dead: Sequence[StoredHold],
    revenue: int,
    also_of: Callable[[Generation], Also | None] | None = None,
) -> list[Balance]:
    """Settles streams whose process died: each is charged what was delivered at its last checkpoint; `also_of` gives
    what else is written down with one.
    """
    entries: list[Entry] = []
    for hold in dead:
        generation = msgspec.json.decode(hold.facts, type=Generation)
        generation.status = "cancelled"
        generation.cancelled = True
        generation.finish_reason = "error"
        generation.error_type = "server"
        generation.completion_tokens = hold.completion_tokens
        generation.estimated = True
        generation.cost = hold.spent
        account = credits_.ledger_account(connection, "credits", hold.account_id)
        refs = tuple(BudgetRef(*ref) for ref in msgspec.json.decode(hold.budgets, type=list[tuple[str, str]]))
        entry = Settled(generation, Charge(account, None, hold.spent, hold.amount, refs))
        make_storable(entry)
        if also_of is not None:
            entry = entry._replace(also=also_of(generation))
        entries.append(entry)
    return apply(connection, entries, [], revenue, retry=True)
