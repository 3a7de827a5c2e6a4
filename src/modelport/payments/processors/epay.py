"""EPay (易支付): the protocol that many Chinese payment gateways share. Alipay and WeChat Pay in CNY.

A payment page is an address with signed parameters; its notice comes as a GET with the same kind of signature. The
signature is the MD5 of the sorted parameters (without `sign`, `sign_type` and empty ones) followed by the merchant's
key: MD5 is the protocol's, not ours. So a notice alone is not believed: the order is asked for before it is credited.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx2

from modelport.payments.amounts import show
from modelport.payments.errors import ForgedEvent, HookOff, ProcessorDown, ProcessorRefused
from modelport.payments.processor import Found, Notice, Paid, Started

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.payments.processor import Buyer, Saved
    from modelport.payments.store import Order
    from modelport.settings import Settings

__all__ = ["EPay", "sign"]

_TYPES = {"alipay": "alipay", "wechat_pay": "wxpay"}
_MONEY = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?0*")


def sign(parameters: Mapping[str, str], key: str) -> str:
    """The protocol's signature of `parameters` under the merchant's key."""
    pairs = sorted((name, value) for name, value in parameters.items() if value and name not in {"sign", "sign_type"})
    text = "&".join(f"{name}={value}" for name, value in pairs)
    return hashlib.md5((text + key).encode(), usedforsecurity=False).hexdigest()


class EPay:
    """A `Processor`."""

    name = "epay"
    currencies: tuple[str, ...] = ("cny",)
    repeats_refunds = False

    def __init__(self, settings: Settings, notify_url: str) -> None:
        """`notify_url` is where its notices are to come to."""
        assert settings.epay_address is not None
        self._address = settings.epay_address.rstrip("/")
        self._merchant = settings.epay_merchant or ""
        self._key = settings.epay_key.get_secret_value() if settings.epay_key else ""
        self._notify_url = notify_url
        self.methods: tuple[str, ...] = tuple(settings.epay_methods)
        self._http = httpx2.AsyncClient(timeout=15, follow_redirects=False)

    async def start(self, order: Order, method: str, buyer: Buyer) -> Started:
        """A payment page; nothing is sent until the browser goes there."""
        parameters = {
            "pid": self._merchant,
            "type": _TYPES[method],
            "out_trade_no": order.id,
            "notify_url": self._notify_url,
            "return_url": buyer.return_url.format(status="success", order=order.id),
            "name": "余额充值" if buyer.language == "zh" else "Credits",
            "money": show(order.amount),
        }
        signed = {**parameters, "sign": sign(parameters, self._key), "sign_type": "MD5"}
        return Started(order.id, f"{self._address}/submit.php?{urlencode(signed)}")

    async def find(self, order: Order) -> Found:
        """Raises `ProcessorDown`."""
        answer = await self._ask({"act": "order", "out_trade_no": order.id})
        if str(answer.get("code")) != "1" or str(answer.get("status")) != "1":
            return Found("open")
        amount = minor(str(answer.get("money", "")))
        trade = str(answer.get("trade_no") or "")
        # The answer must be about this order and this merchant: it is not signed.
        if str(answer.get("out_trade_no", order.id)) != order.id or amount is None or not trade:
            raise ProcessorDown("The payment processor's answer can't be read.", retry_after=60)
        method = {theirs: ours for ours, theirs in _TYPES.items()}.get(str(answer.get("type")))
        return Found("paid", Paid(trade, "cny", amount, amount, 0, method))

    async def refund(self, order: Order, amount: int, refund_id: str) -> str:
        """Raises `ProcessorDown`, `ProcessorRefused`. The protocol has no key against repeating: a refund that was
        asked for and not answered is left to the operator, and never asked for again by itself.
        """
        answer = await self._ask(
            {"act": "refund", "trade_no": order.payment_id or "", "out_trade_no": order.id, "money": show(amount)},
            post=True,
        )
        if str(answer.get("code")) != "1":
            raise ProcessorRefused(
                "The payment processor did not pay back.", reason=str(answer.get("msg", ""))[:200], rule="pay_back"
            )
        return refund_id

    async def charge_saved(self, order: Order, saved: Saved) -> Found:  # noqa: ARG002 (the seam's shape)
        """The protocol knows no saved payment methods."""
        return Found("failed", failure="not_supported")

    def read_notice(self, parameters: Mapping[str, str]) -> Notice:
        """One notice. Raises `HookOff`, `ForgedEvent`."""
        if not self._key:
            raise HookOff("Not Found")
        given = parameters.get("sign", "")
        if not hmac.compare_digest(given.lower().encode(), sign(parameters, self._key).encode()):
            raise ForgedEvent("The notice's signature is not good.")
        if parameters.get("pid") != self._merchant:
            raise ForgedEvent("The notice is for another merchant.")
        trade = parameters.get("trade_no", "")
        status = parameters.get("trade_status", "")
        return Notice(
            f"{trade}/{status}",
            status,
            "payment" if status == "TRADE_SUCCESS" else "other",
            parameters.get("out_trade_no") or None,
            external_id=parameters.get("out_trade_no") or None,
            payment_id=trade or None,
            amount=minor(parameters.get("money", "")),
            currency="cny",
        )

    async def movements(self, since: int, until: int) -> list[tuple[str, str, int, str]] | None:  # noqa: ARG002
        """It has no list."""
        return None

    async def close(self) -> None:
        """Closes connections."""
        await self._http.aclose()

    async def _ask(self, parameters: dict[str, str], *, post: bool = False) -> dict[str, Any]:
        everything = {**parameters, "pid": self._merchant, "key": self._key}
        url = f"{self._address}/api.php"
        try:
            if post:
                answer = await self._http.post(url, params={"act": parameters["act"]}, data=everything)
            else:
                answer = await self._http.get(url, params=everything)
            value: object = answer.json() if answer.status_code == 200 else None
        except (httpx2.HTTPError, ValueError) as error:
            # Not `from error`: its text holds the address, and that the key.
            raise ProcessorDown(
                f"The payment processor can't be reached at the moment ({type(error).__name__}).", retry_after=15
            ) from None
        if not isinstance(value, dict):
            raise ProcessorDown("The payment processor's answer can't be read.", retry_after=60)
        return {str(name): each for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (JSON)


def minor(money: str) -> int | None:
    """`12.5` or `12.50` in hundredths; None for what is no amount."""
    found = _MONEY.fullmatch(money.strip())
    return None if found is None else int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
