"""Vouchers (兑换码): made in batches by an operator, redeemed once each.

A code is shown when its batch is made and never again: the database keeps its keyed hash. Wrong codes are counted by
account and by network; a right one never waits.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from limits import RateLimitItemPerHour
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from modelport.kit import clock, ids
from modelport.payments import store_vouchers as store
from modelport.payments import voucher_codes
from modelport.payments.errors import BadOrder, BadVoucher, NoSuchOrder, TooManyGuesses, VoucherSpent
from modelport.payments.store_vouchers import Batch, Voucher

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.credits.service import Credits
    from modelport.db.database import Database
    from modelport.kit.vault import Vault

__all__ = ["Redeemed", "Vouchers"]

_MOST = 10_000
_DAY_MS = 86_400_000
_GUESSES = {"account": RateLimitItemPerHour(10), "network": RateLimitItemPerHour(30)}
_NOT_GOOD = "This voucher code can't be redeemed: check that it is typed right, and that it has not expired."


class Redeemed(NamedTuple):
    """What a voucher gave."""

    amount: int
    balance: int
    expires_at: int | None
    """When what is left of it is taken away; None: never."""


class Vouchers:
    """Making and redeeming vouchers."""

    def __init__(self, database: Database, vault: Vault, credits: Credits) -> None:
        self._database = database
        self._vault = vault
        self._credits = credits
        self._guesses = MovingWindowRateLimiter(MemoryStorage())

    async def make(
        self,
        *,
        amount: int,
        count: int,
        created_by: str,
        note: str = "",
        expires_at: int | None = None,
        per_user: int | None = None,
        credits_days: int | None = None,
        promotional: bool = False,
    ) -> tuple[Batch, list[str]]:
        """A batch and its codes, which can't be had again. Raises `BadOrder`."""
        if amount <= 0 or not 0 < count <= _MOST:
            raise BadOrder(
                f"The amount must be above zero, and the count between 1 and {_MOST}.",
                metadata={"rule": "count", "most": _MOST},
            )
        if expires_at is not None and expires_at <= clock.now_ms():
            raise BadOrder("The batch would have expired already.", metadata={"rule": "past"})
        if (per_user is not None and per_user <= 0) or (credits_days is not None and credits_days <= 0):
            raise BadOrder("`per_user` and `credits_days` must be above zero.", metadata={"rule": "numbers"})
        made = Batch(
            id=ids.prefixed("batch"),
            amount=amount,
            size=count,
            expires_at=expires_at,
            per_user=per_user,
            credits_days=credits_days,
            promotional=promotional or credits_days is not None,
            note=note[:500],
            created_by=created_by,
            created_at=clock.now_ms(),
            revoked_at=None,
        )
        codes = [voucher_codes.make() for _ in range(count)]
        rows = [(ids.prefixed("voucher"), self._hash(code), code[-5:]) for code in codes]
        await self._database.write(partial(store.add_batch, new=made, codes=rows))
        return made, codes

    async def redeem(self, account_id: str, user_id: str, code: str, *, network: str | None) -> Redeemed:
        """Gives an account the credits of a voucher, once.

        Raises `BadVoucher`, `VoucherSpent`, and `TooManyGuesses` after too many wrong ones.
        """
        sources = [("account", account_id)] + ([("network", network)] if network is not None else [])
        for kind, name in sources:
            if not await self._guesses.test(_GUESSES[kind], "voucher", kind, name):
                await self._too_many(kind, name)
        try:
            voucher, batch = await self._claimed(account_id, user_id, code)
        except BadVoucher:
            for kind, name in sources:
                await self._guesses.hit(_GUESSES[kind], "voucher", kind, name)
            raise
        return await self._credit(voucher, batch)

    async def _too_many(self, kind: str, name: str) -> None:
        window = await self._guesses.get_window_stats(_GUESSES[kind], "voucher", kind, name)
        wait = max(1, round(window.reset_time) - clock.now_ms() // 1000)
        raise TooManyGuesses("Too many wrong voucher codes. Wait before trying again.", retry_after=wait)

    async def _claimed(self, account_id: str, user_id: str, code: str) -> tuple[Voucher, Batch]:
        """The voucher, if it is now this account's. A mistyped code takes the same way as one that was never made."""
        hashed = self._hash(code)

        def write(connection: Connection) -> tuple[Voucher, Batch]:
            found = store.by_hash(connection, hashed)
            batch = store.batch(connection, found.batch_id, lock=True) if found is not None else None
            now = clock.now_ms()
            if found is None or batch is None or found.revoked_at is not None:
                raise BadVoucher(_NOT_GOOD)
            if batch.expires_at is not None and batch.expires_at <= now:
                raise BadVoucher(_NOT_GOOD)
            if found.redeemed_at is not None:
                raise VoucherSpent("This voucher was redeemed already.")
            if batch.per_user is not None and store.redeemed_by(connection, batch.id, user_id) >= batch.per_user:
                raise VoucherSpent(
                    "You have redeemed as many vouchers of this kind as one person may.", metadata={"rule": "person"}
                )
            if not store.claim(connection, found.id, account_id, user_id, now):
                raise VoucherSpent("This voucher was redeemed already.")
            return found._replace(account_id=account_id, user_id=user_id, redeemed_at=now), batch

        return await self._database.write(write)

    async def _credit(self, voucher: Voucher, batch: Batch) -> Redeemed:
        assert voucher.account_id is not None
        assert voucher.redeemed_at is not None
        expires = None if batch.credits_days is None else voucher.redeemed_at + batch.credits_days * _DAY_MS
        moved = await self._credits.redeem(
            voucher.account_id,
            batch.amount,
            reference=voucher.id,
            idempotency_key=f"voucher/{voucher.id}",
            promotional=batch.promotional,
            expires_at=expires,
        )
        await self._database.write(partial(store.credited, voucher_id=voucher.id, at_ms=clock.now_ms()))
        return Redeemed(batch.amount, moved.balance, expires)

    async def finish(self, before: int) -> None:
        """Gives the credits of vouchers that were redeemed when the process died."""
        for voucher, batch in await self._database.read(partial(store.uncredited, before=before)):
            await self._credit(voucher, batch)

    async def batches(self, limit: int = 200) -> list[tuple[Batch, int]]:
        """Batches, newest first, each with how many of it were redeemed."""
        return await self._database.read(partial(store.batches, limit=limit))

    async def of_batch(self, batch_id: str) -> tuple[Batch, list[Voucher]]:
        """A batch and its vouchers. Raises `NoSuchOrder`."""
        found = await self._database.read(partial(store.batch, batch_id=batch_id))
        if found is None:
            raise NoSuchOrder(f"There is no batch {batch_id[:60]!r}.")
        return found, await self._database.read(partial(store.of_batch, batch_id=batch_id))

    async def revoke(self, batch_id: str) -> int:
        """Takes back what nobody has redeemed of a batch; returns how many. Raises `NoSuchOrder`."""
        await self.of_batch(batch_id)
        return await self._database.write(partial(store.revoke_batch, batch_id=batch_id, at_ms=clock.now_ms()))

    async def revoke_one(self, voucher_id: str) -> None:
        """Takes back one voucher. Raises `VoucherSpent`."""
        if not await self._database.write(partial(store.revoke_voucher, voucher_id=voucher_id, at_ms=clock.now_ms())):
            raise VoucherSpent("There is no such voucher that could be taken back.")

    def _hash(self, code: str) -> str:
        plain, good = voucher_codes.read(code)
        # A code with a wrong checksum is looked for under a hash that no code has, so that it takes as long.
        return self._vault.keyed_hash(f"voucher:{plain}" if good else f"no voucher:{plain}")
