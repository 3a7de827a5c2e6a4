"""A key in use: what it may still spend, where it may be used from, and whether it may be used at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.accounts.roles import Role
from modelport.accounts.service import Standing
from modelport.keys.errors import KeyLimitExceeded, KeyLimitInFlight, KeyLimitTight, KeyRefused, WrongAddress
from modelport.kit import clock
from modelport.kit.meter import OwnMeter, window_end
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from modelport.keys.store import Key
    from modelport.kit.meter import SpentDays

__all__ = ["LiveKey", "usable"]


class LiveKey(OwnMeter):
    """A key in use: its record, what it has spent, and what is held for requests under way.

    All amounts are nano-dollars. Methods never wait, so a check and a hold are one step.
    """

    __slots__ = ("place", "record", "stale", "standing", "used_at", "workspace_id")

    def __init__(
        self,
        record: Key,
        spent: SpentDays | None = None,
        standing: Standing | None = None,
        workspace_id: str | None = None,
    ) -> None:
        super().__init__(spent)
        self.record = record
        self.workspace_id = workspace_id or record.workspace_id or ""
        """The workspace it is in, named also when that is the default one."""
        self.used_at = 0
        """When it was last shown, and not yet noted in the database."""
        self.place: str | None = None
        """Where from, then."""
        self.standing = standing or Standing(Role.MEMBER, suspended=False, is_operator=False)
        """How the key's maker stands in its account: what the key may do is bounded by that."""
        self.stale = False

    def admit(self, address: str | None) -> None:
        """Raises `WrongAddress` when the key is bound to other addresses than `address`."""
        if not self.record.bounds.admits(address):
            raise WrongAddress(f"This API key may not be used from {address or 'an unknown address'}.")

    @property
    def counts_own(self) -> bool:
        """Whether the price of what came by own provider keys counts against its limit."""
        return self.record.include_byok_in_limit

    def room(self) -> int | None:
        """What may still be held: the limit less what was spent and is held. None without a limit."""
        record = self.record
        return None if record.limit is None else self.reach(record.limit, record.limit_reset)

    def hold(self, amount: int, *, affordable_tokens: int | None = None) -> None:
        """Sets `amount` aside.

        Raises `KeyLimitExceeded` when the limit does not allow it, `KeyLimitTight` when a smaller request would fit,
        `KeyLimitInFlight` when it would fit were nothing else under way; then nothing was set aside.
        """
        record = self.record
        if record.limit is None or amount <= self.free(record.limit, record.limit_reset):
            self.held += amount
            return
        left = self.left(record.limit, record.limit_reset)
        metadata: dict[str, object] = {
            "limit_source": "openrouter_key_limit",
            "estimated_cost": to_number(amount),
            "available": to_number(max(left - self.held, 0)),
            "in_flight": to_number(self.held),
        }
        if affordable_tokens is not None:
            metadata["suggested_max_tokens"] = affordable_tokens
        window = record.limit_reset or "total"
        if left <= 0:
            raise KeyLimitExceeded(
                f"Key limit exceeded ({window} limit). Raise the limit of this key, or use another.",
                metadata=metadata
                | {
                    "scope": "key_limit",
                    "limit_usd": to_number(record.limit),
                    "spend_usd": to_number(record.limit - left),
                    "resets_at": window_end(record.limit_reset, clock.day(clock.now_ms())),
                    "remedy_hint": "Raise the limit of this key, use another, or wait until it resets.",
                },
            )
        if amount <= left:
            raise KeyLimitInFlight(
                "This request would exceed this key's limit given your current in-flight requests. "
                "Retry after in-flight requests settle, or raise the limit.",
                metadata=metadata
                | {
                    "reason": "in_flight_budget_exhausted",
                    "remedy_hint": "Wait until requests under way have ended, or lower max_tokens.",
                },
                retry_after=2,
            )
        raise KeyLimitTight(
            f"This request may cost more than what is left of this key's {window} limit. Lower max_tokens, "
            "or raise the limit of this key.",
            metadata=metadata
            | {
                "reason": "weight_exceeds_budget",
                "remedy_hint": "Lower max_tokens, or raise the limit of this key.",
            },
        )


def usable(live: LiveKey) -> LiveKey:
    """The key itself; raises `KeyRefused` with the reason when it may not be used now."""
    record = live.record
    now = clock.now_ms()
    if record.disabled:
        raise KeyRefused("User not found. This API key is disabled.")
    if record.expires_at is not None and record.expires_at <= now:
        raise KeyRefused("User not found. This API key has expired.")
    if live.standing.suspended:
        raise KeyRefused("User not found. The account of this API key is suspended.")
    if live.standing.role is None:
        raise KeyRefused("User not found. Who made this API key is no longer a member of its account.")
    live.used_at = now
    return live
