"""What moves credits besides charges: bought, given, taken back, expired, owed; each once, whatever is repeated."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from credits.money_house import House
from modelport.credits.errors import AlreadySpent, BadAmount, InDebt, KeyReused

if TYPE_CHECKING:
    from db.database_places import Place
    from modelport.credits.service import Moved

_LATER = 2**45


async def _spend(house: House, amount: int) -> None:
    await (await house.request(amount)).settle(amount)


async def _topup(house: House, amount: int, reference: str, **more: Any) -> Moved:
    return await house.credits.topup(
        house.account_id, amount, processor="acme", reference=reference, idempotency_key=f"pay/{reference}", **more
    )


async def _refund(house: House, amount: int, reference: str = "r", **more: Any) -> Moved:
    return await house.credits.refund(
        house.account_id, amount, processor="acme", reference=reference, idempotency_key=f"refund/{reference}", **more
    )


async def _gift(house: House, amount: int, expires_at: int | None, reference: str) -> int:
    return await house.credits.grant(
        house.account_id,
        amount,
        reference=reference,
        idempotency_key=reference,
        promotional=True,
        expires_at=expires_at,
    )


async def _green(house: House) -> None:
    assert (await house.credits.check()).fault is None


async def test_a_top_up_is_credited_once_with_its_fee_beside_it(place: Place, house: House) -> None:
    other = House(place.open(), "proc_b")
    other.like(house)
    found = await asyncio.gather(*(_topup(one, 500, "p1", fee=28) for one in (house, other) * 5))
    assert {each.balance for each in found} == {1500}
    assert sum(not each.repeated for each in found) == 1
    assert (await house.purse()).posted == 1500
    with pytest.raises(KeyReused):
        await _topup(house, 501, "p1")
    rows = {(each.code, each.amount, each.other, each.owner, each.reference)
            for each in await house.credits.transactions(house.account_id)}  # fmt: skip
    assert ("topup", 500, "payments", "acme", "p1") in rows
    assert await house.scalar("SELECT sum(amount) FROM transfers WHERE code = 'fee'") == 28
    await _green(house)


@pytest.mark.parametrize("amount", [0, -5])
async def test_nothing_and_less_can_not_be_moved(house: House, amount: int) -> None:
    for move in (_topup, _refund):
        with pytest.raises(BadAmount):
            await move(house, amount, "x")


async def test_a_refund_takes_what_no_request_holds(house: House) -> None:
    under_way = await house.request(300)
    with pytest.raises(AlreadySpent):
        await _refund(house, 701)
    assert (await house.purse()).available == 700
    moved = await _refund(house, 900, "rest", if_spent="rest")
    assert (moved.amount, moved.balance, moved.debt) == (700, 300, 0)
    assert (await _refund(house, 900, "rest", if_spent="rest")).repeated
    await under_way.settle(300)
    assert (await house.purse()).posted == 0
    await _green(house)


async def test_a_dispute_of_spent_credits_is_a_debt_that_blocks_and_is_paid_first(house: House) -> None:
    await _spend(house, 800)
    moved = await house.credits.dispute(
        house.account_id, 1000, processor="acme", reference="d", idempotency_key="dispute/d"
    )
    assert (moved.amount, moved.owed, moved.balance, moved.debt) == (200, 800, 0, 800)
    purse = await house.purse()
    assert purse.debt == 800
    with pytest.raises(InDebt) as told:
        purse.refuse_debtor()
    assert told.value.metadata["limit_source"] == "openrouter_credits"
    paid = await _topup(house, 500, "p2")
    assert (paid.owed, paid.balance, paid.debt) == (500, 0, 300)
    won = await house.credits.win_dispute(
        house.account_id, 1000, processor="acme", reference="d", idempotency_key="won/d"
    )
    assert (won.owed, won.balance, won.debt) == (300, 700, 0)
    purse = await house.purse()
    purse.refuse_debtor()
    assert purse.posted == 700
    codes = [each.code for each in await house.credits.transactions(house.account_id)]
    assert codes[:3] == ["repay", "dispute_won", "repay"]
    await _green(house)


async def test_gifts_are_spent_first_the_soonest_to_expire_before_others(house: House) -> None:
    await _gift(house, 300, _LATER + 2, "late")
    await _gift(house, 200, _LATER, "soon")
    await _gift(house, 100, None, "for ever")
    await _spend(house, 250)
    assert [(gift.reference, gift.remaining) for gift in await house.credits.gifts(house.account_id)] == [
        ("late", 250),
        ("for ever", 100),
    ]
    assert await house.credits.expire(_LATER + 2) == 250
    assert await house.credits.expire(_LATER + 2) == 0
    assert (await house.purse()).posted == 1100
    await _spend(house, 400)
    assert await house.credits.gifts(house.account_id) == []
    await _green(house)


async def test_what_was_spent_before_a_gift_is_not_taken_off_it(house: House) -> None:
    await _spend(house, 600)
    await _gift(house, 50, _LATER, "first")
    await _spend(house, 20)
    await _gift(house, 50, _LATER + 1, "second")
    await _refund(house, 100)
    assert [gift.remaining for gift in await house.credits.gifts(house.account_id)] == [30, 50]
    await _green(house)


async def test_a_gift_is_never_refunded(house: House) -> None:
    await _gift(house, 500, _LATER, "gift")
    moved = await _refund(house, 2000, if_spent="rest")
    assert (moved.amount, moved.balance) == (1000, 500)
    await _green(house)


async def test_what_a_request_holds_expires_when_it_has_ended(house: House) -> None:
    await _gift(house, 500, _LATER, "gift")
    under_way = await house.request(1300)
    assert await house.credits.expire(_LATER) == 200
    assert (await house.purse()).available == 0
    await under_way.settle(100)
    assert await house.credits.expire(_LATER) == 200, "a hundred were spent"
    assert (await house.purse()).posted == 1000
    await _green(house)


async def test_a_voucher_is_redeemed_once(house: House) -> None:
    for _ in range(2):
        moved = await house.credits.redeem(house.account_id, 70, reference="V-1", idempotency_key="voucher/V-1")
        assert moved.balance == 1070
    await _green(house)


async def test_transactions_page_by_page(house: House) -> None:
    for number in range(5):
        await _topup(house, 10 + number, f"n{number}")
    await _spend(house, 5)
    first = await house.credits.transactions(house.account_id, limit=4)
    rest = await house.credits.transactions(house.account_id, before=first[-1].seq, limit=4)
    assert [each.amount for each in [*first, *rest]] == [14, 13, 12, 11, 10, 1000]
    assert await house.credits.transactions("acct_nobody") == []


@pytest.mark.parametrize("fate", ["before", "after"])
async def test_a_refund_whose_end_was_not_heard(house: House, fate: str) -> None:
    await house.purse()
    house.database.plan = [fate]
    with pytest.raises(Exception, match="test"):
        await _refund(house, 400)
    assert (await house.purse()).available == (1000 if fate == "before" else 600)
    assert (await _refund(house, 400)).repeated is (fate == "after")
    purse = await house.purse()
    assert (purse.available, purse.held, purse.doubtful) == (600, 0, 0)
    await _green(house)


class TestBoughtCreditsThatExpire:
    """The operator's choice: bought credits may expire too, and are spent after all that were given."""

    async def test_gifts_are_spent_before_them_and_credits_for_ever_after(self, house: House) -> None:
        """A thousand for ever are there from the start."""
        await _topup(house, 400, "second", expires_at=_LATER + 1)
        await _topup(house, 300, "first", expires_at=_LATER)
        await _gift(house, 200, _LATER + 9, "gift")
        await _spend(house, 350)
        lots = [(lot.reference, lot.remaining) for lot in await house.credits.gifts(house.account_id)]
        assert lots == [("first", 150), ("second", 400)]
        assert await house.credits.expire(_LATER) == 150
        assert await house.credits.expire(_LATER + 1) == 400
        assert (await house.purse()).posted == 1000
        await _green(house)

    async def test_a_refund_takes_its_own_purchase_first(self, house: House) -> None:
        """Then what never expires, then other purchases; a gift never."""
        await _topup(house, 300, "other", expires_at=_LATER)
        await _topup(house, 400, "mine", expires_at=_LATER + 1)
        await _gift(house, 50, None, "gift")
        take: dict[str, Any] = {"processor": "acme", "reference": "mine", "if_spent": "rest"}
        await house.credits.refund(house.account_id, 1500, idempotency_key="k", **take)
        lots = {lot.reference: lot.remaining for lot in await house.credits.gifts(house.account_id)}
        assert lots == {"gift": 50, "other": 200}
        await house.credits.refund(house.account_id, 900, idempotency_key="all", **take)
        assert (await house.purse()).posted == 50
        assert await house.credits.expire(_LATER + 1) == 0
        await _green(house)

    async def test_what_comes_back_expires_as_before(self, house: House) -> None:
        """And what paid a debt, or was spent, does not."""
        await _topup(house, 500, "p", expires_at=_LATER)
        await _spend(house, 1400)
        more: dict[str, Any] = {"processor": "acme", "reference": "p"}
        moved = await house.credits.dispute(house.account_id, 500, idempotency_key="d", **more)
        assert (moved.amount, moved.debt) == (100, 400)
        won = await house.credits.win_dispute(house.account_id, 500, idempotency_key="w", **more)
        assert (won.balance, won.debt) == (100, 0)
        assert await house.credits.expire(_LATER) == 100
        await _green(house)

    async def test_a_debt_is_paid_from_them_at_once(self, house: House) -> None:
        await _spend(house, 900)
        await house.credits.dispute(house.account_id, 300, processor="acme", reference="x", idempotency_key="x")
        moved = await _topup(house, 500, "p", expires_at=_LATER)
        assert (moved.balance, moved.debt) == (300, 0)
        assert await house.credits.expire(_LATER) == 300
        assert (await house.purse()).posted == 0
        await _green(house)
