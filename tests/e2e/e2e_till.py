"""A stage where money is taken: Stripe and EPay stand behind it, each with a page to pay on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from e2e_stage import Stage

from payments.epay_gateway import KEY, MERCHANT, EPayGateway
from payments.stripe_front import HOOK_SECRET, SECRET, StripeFront, free_port

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Till"]


class Till(Stage):
    """A server that sells credits by card, Alipay, WeChat Pay and bank transfer."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.stripe = StripeFront()
        self.epay = EPayGateway()
        super().__init__(
            folder,
            # Processors send browsers and events back to it, so its address must be known before it starts.
            port=free_port(),
            stripe_secret_key=SECRET,
            stripe_webhook_secret=HOOK_SECRET,
            stripe_address=self.stripe.address,
            epay_address=self.epay.address,
            epay_merchant=MERCHANT,
            epay_key=KEY,
            topup_fee_percent="5.5",
            topup_fee_min="0.80",
            seller_name="Example Ltd",
            seller_details="VAT 123",
            **settings,
        )
        self.stripe.hook = f"{self.url}/api/webhooks/stripe"

    def stop(self) -> None:
        """Ends everything."""
        super().stop()
        self.stripe.stop()
        self.epay.stop()

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where a buyer's browser may go besides the server itself."""
        return self.stripe.address, self.epay.address
