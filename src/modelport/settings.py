"""Every knob of the server, typed and described. Read once at start; `docs/reference/settings.md` is made from here.

Environment names carry the prefix `MODELPORT_`; command-line options of `modelport serve` win over them.
Secrets have no default: the master secret is read from the environment or from a file of mode 0600 in the data
directory, made on first start, and a weak one is refused.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OidcProvider", "Settings", "WeakSecret"]


class WeakSecret(Exception):
    """The master secret is missing or too short to protect anything."""


class OidcProvider(BaseModel):
    """An OpenID Connect provider that people may sign in with."""

    slug: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    name: str = Field(min_length=1, max_length=60)
    issuer: str
    client_id: str
    client_secret: SecretStr
    scope: str = "openid email profile"


class Settings(BaseSettings):
    """What an operator can set."""

    model_config = SettingsConfigDict(env_prefix="MODELPORT_", extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on. The default is this machine only.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    data_dir: Path = Field(
        default=Path("data"),
        description="Where the embedded database, the master secret, the local model and logs are kept.",
    )
    database_url: str | None = Field(
        default=None,
        description="`postgresql://user:password@host/name` to use PostgreSQL; SQLite in the data directory otherwise.",
    )
    secret: SecretStr | None = Field(
        default=None,
        description="Master secret of at least 32 characters, from which every other key is derived. "
        "Made and kept in the data directory when not given.",
    )
    public_url: str | None = Field(
        default=None,
        description="The address users reach this server by, if it is not the one it listens on.",
    )
    local_model: bool = Field(
        default=True, description="Run the local free model; a server that does not run it does not list it either."
    )
    known_models: bool = Field(
        default=True,
        description="Take the well-known models of the installed data packages into the catalogue at the first start. "
        "None of them can be called before its provider has a key.",
    )
    private_providers: bool = Field(
        default=True,
        description="Let keys be tried, and lists of models be fetched, on this machine and in private networks, where "
        "engines of one's own are. The addresses of known providers on the internet never lead there.",
    )
    request_body_limit: int = Field(
        default=16 * 1024 * 1024,
        ge=1024,
        description="Largest request body in bytes; a larger one is answered with 413.",
    )
    request_read_timeout: float = Field(
        default=60.0, gt=0, description="Seconds a caller may take to send a whole request body."
    )
    response_body_limit: int = Field(
        default=32 * 1024 * 1024,
        ge=1024,
        description="Largest non-streamed answer in bytes that is read from a provider.",
    )
    event_limit: int = Field(
        default=8 * 1024 * 1024,
        ge=1024,
        description="Largest single stream event in bytes that is read from a provider.",
    )
    fetch_limit: int = Field(
        default=20 * 1024 * 1024,
        ge=1024,
        description="Largest sum in bytes of the pictures and files that a request points to by address, fetched for "
        "providers that take data only.",
    )
    keep_alive_comments: bool = Field(
        default=True,
        description="Send `: MODELPORT PROCESSING` comment lines while a stream waits for its first event. "
        "Legal in event streams, but naive parsers trip over them; a caller can switch them off "
        "with `X-Modelport-Comments: off`.",
    )
    keep_alive_interval: float = Field(default=5.0, gt=0, description="Seconds between those comment lines.")
    attempts: int = Field(
        default=3, ge=1, le=10, description="How many endpoints one request may be sent to before it fails."
    )
    retries: int = Field(
        default=1,
        ge=0,
        le=5,
        description="How often the last endpoint that is left is asked again, where it can't have begun to work: it "
        "was not reached, or said that it is busy for at most two seconds.",
    )
    attempts_seconds: float = Field(
        default=240.0, gt=0, description="Seconds after which no further attempt of a request is begun."
    )
    attempt_seconds: float = Field(
        default=120.0,
        gt=0,
        description="Seconds one attempt may take to its first byte; a provider's own `timeouts` may be shorter.",
    )
    first_output_seconds: float = Field(
        default=300.0,
        gt=0,
        description="Seconds a stream may only keep its connection alive before something of the answer has to come.",
    )
    hedge_seconds: float = Field(
        default=0.0,
        ge=0,
        description="Ask a second endpoint too when the first has been silent for so many seconds; the first answer is "
        "taken, only that is charged. 0 leaves it to each request (`X-Modelport-Hedge: 1.5`).",
    )
    hedge_by_request: bool = Field(
        default=True,
        description="Whether a request may say itself after how long a second endpoint is asked (`X-Modelport-Hedge`). "
        "Providers may charge you for the answer that is not taken; its caller does not pay for it.",
    )
    hedge_least_seconds: float = Field(
        default=1.0,
        ge=0,
        description="The shortest silence after which a request may have a second endpoint asked; less counts as this.",
    )
    search_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="A search service for `:online` and the plugin `web`, where a model's providers have none: an "
        "address that answers `?q=...&format=json` as SearXNG does. It is charged as the endpoint's `web_search`.",
    )
    search_cost: str = Field(
        default="0",
        pattern=r"^\d{1,3}(\.\d{1,9})?$",
        description="What one search of that service costs you in USD. Nobody is charged for it: it is kept as a cost, "
        "owed to `search`, also where the request is refused or fails afterwards.",
    )
    probe_seconds: float = Field(
        default=0.0,
        ge=0,
        description="Ask an endpoint that was called before, and not for so many seconds, for one token, and one that "
        "failed when it has rested. The operator pays for it. 0 never asks: health is learned from requests alone.",
    )
    slow_factor: float = Field(
        default=3.0,
        ge=0,
        description="An endpoint whose usual time to the first token is so many times that of the quickest of its "
        "model is put behind the others. 0 switches this off.",
    )
    slow_margin: float = Field(
        default=1.0, ge=0, description="Seconds by which it must be slower besides, for this to apply."
    )
    response_cache_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=0,
        description="Bytes of answers kept for callers who ask for it (`X-OpenRouter-Cache: true`): in this process's "
        "memory, or sealed in Redis where one is given (answers of up to 1 MiB). 0 keeps none.",
    )
    hold_seconds: int = Field(
        default=60,
        ge=5,
        description="Seconds until the hold of a stream whose process died is settled with what was delivered.",
    )
    settle_timeout: float = Field(
        default=15.0,
        gt=0,
        description="Seconds an answer's end waits for its charge to be durable before it fails.",
    )
    lease_seconds: float = Field(
        default=15.0,
        ge=2,
        le=300,
        description="With several servers on one PostgreSQL: how long the others wait for a sign of life before they "
        "take back what a silent one has set aside for itself.",
    )
    debt_blocks_account: bool = Field(
        default=True,
        description="Refuse every request of an account that owes for credits which were refunded or disputed after "
        "they had been used, until it has paid. Without it such an account goes on with the credits it has.",
    )
    free_requests_per_minute: int = Field(
        default=20,
        ge=0,
        description="Requests a minute to free models, per account. 0 switches the limit off.",
    )
    free_requests_per_day: int = Field(
        default=200,
        ge=0,
        description="Requests a UTC day to free models, per account. 0 switches the limit off.",
    )
    free_requests_per_day_paid: int = Field(
        default=1000, ge=0, description="The same for accounts that ever bought or were granted credits."
    )
    guests_may_try: bool = Field(
        default=False, description="Let people who are not signed in try the free models on the Chat page."
    )
    guest_requests_per_minute: int = Field(
        default=5, ge=0, description="Requests a minute of guests, per network address. 0 switches the limit off."
    )
    guest_requests_per_day: int = Field(
        default=20, ge=0, description="Requests a UTC day of guests, per network address. 0 switches the limit off."
    )
    guests_requests_per_day: int = Field(
        default=1000, ge=0, description="Requests a UTC day of all guests together. 0 switches the limit off."
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="`redis://user:password@host:6379/0` (also `rediss://`, `redis+unix://`, `redis+sentinel://`, "
        "`redis+cluster://`) to count limits and keep cached answers in Redis or Valkey, for several processes; in "
        "process otherwise.",
    )
    redis_timeout: float = Field(
        default=0.25,
        gt=0,
        description="Seconds a request waits for Redis. Then it passes uncounted: limits fail open. A cached answer is "
        "then one that is not there.",
    )
    content_logging: bool = Field(
        default=True,
        description="Let accounts have their prompts and answers stored, sealed. Each has to switch it on for itself.",
    )
    content_days_max: int = Field(
        default=365, ge=1, le=3650, description="Most days that an account's prompts and answers are stored."
    )
    keep_generations_days: int = Field(
        default=0, ge=0, description="Days that single generations are kept; 0 keeps them for ever."
    )
    keep_traces_days: int = Field(
        default=0, ge=0, description="Days that a generation's routing trace is kept; 0 keeps it as long as the row."
    )
    keep_usage_hours_days: int = Field(
        default=93, ge=0, description="Days that hourly sums of use are kept; 0 keeps them for ever."
    )
    keep_usage_days: int = Field(
        default=0, ge=0, description="Days that daily sums of an account's use are kept; 0 keeps them for ever."
    )
    admin_email: str = Field(
        default="admin@localhost", description="E-mail address of the administrator made on first start."
    )
    registration: Literal["open", "invite", "domains", "closed"] | None = Field(
        default=None,
        description="Who may sign up: `open` to everybody, `invite` for who was invited, `domains` for addresses of "
        "`registration_domains`, `closed`. When not given: `open` while the server listens on this machine only, "
        "`invite` once it can be reached from elsewhere.",
    )
    registration_domains: list[str] = Field(
        default=[],
        description='Mail domains whose addresses may sign up, as JSON: `["example.com"]`. For `domains` only.',
    )
    sign_up_bonus: str = Field(
        default="0", description="USD given to a new account, once for each verified address. `0` gives nothing."
    )
    low_balance_usd: str = Field(
        default="5",
        description="Balance in USD below which an account's people are told that its credits run low, where it has "
        "chosen no other. `0` tells nobody.",
    )
    session_days: int = Field(default=30, ge=1, le=400, description="Days until a signed-in browser signs in again.")
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465`. "
        "Without one, mails are printed to the console.",
    )
    mail_from: str = Field(default="modelport@localhost", description="Address that mails are sent from.")
    mail_name: str = Field(default="Modelport", description="Name that mails are sent under.")
    trusted_proxies: list[str] = Field(
        default=[],
        description="Networks of reverse proxies whose `X-Forwarded-For` is believed, as JSON: "
        '`["127.0.0.1/32", "10.0.0.0/8"]`. Without them a caller\'s address is the connection\'s.',
    )
    google_client_id: str | None = Field(default=None, description="OAuth client id, to sign in with Google.")
    google_client_secret: SecretStr | None = Field(default=None, description="The secret that goes with it.")
    github_client_id: str | None = Field(default=None, description="OAuth client id, to sign in with GitHub.")
    github_client_secret: SecretStr | None = Field(default=None, description="The secret that goes with it.")
    github_url: str = Field(default="https://github.com", description="GitHub's address, or an Enterprise server's.")
    oidc_providers: list[OidcProvider] = Field(
        default=[],
        description="Any OpenID Connect providers to sign in with, as JSON: "
        '`[{"slug": "acme", "name": "Acme", "issuer": "https://login.acme.example", "client_id": "...", '
        '"client_secret": "..."}]`. The redirect address is `<public_url>/api/app/auth/oidc/<slug>/callback`.',
    )
    private_addresses: bool = Field(
        default=False,
        description="Let users have webhooks and the like on loopback and private networks. For a server that only "
        "trusted people use.",
    )
    byok_fee_percent: str = Field(
        default="5",
        description="What an answer by an account's own provider key is charged, in percent of its usual price; a "
        "decimal number, 0 for nothing.",
    )
    byok_free_usd: str = Field(
        default="25000",
        description="Usual price in USD of what an account may have by its own provider keys in a calendar month "
        "before that fee is charged.",
    )
    topup_min: str = Field(default="5", description="Least credits that can be bought at once, in USD.")
    topup_max: str = Field(default="5000", description="Most credits that can be bought at once, in USD.")
    topup_presets: list[str] = Field(
        default=["10", "20", "50", "100"], description="Amounts in USD that the page for buying credits offers."
    )
    topup_fee_percent: str = Field(
        default="0", description="Fee on bought credits in percent, paid beside them; a decimal number."
    )
    topup_fee_min: str = Field(default="0", description="Least such fee in USD, where there is one.")
    cny_per_usd: str = Field(
        default="7.2", description="Yuan for a dollar of credits, for buyers who pay in CNY; a decimal number."
    )
    bought_credits_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description="Days after which what is left of bought credits expires; never without it. It holds for credits "
        "that are ordered from then on. Promotional credits are spent before bought ones, the soonest to expire first.",
    )
    stripe_secret_key: SecretStr | None = Field(
        default=None, description="Stripe's secret key; cards, Alipay and WeChat Pay are off without it."
    )
    stripe_webhook_secret: SecretStr | None = Field(
        default=None,
        description="Signing secret of Stripe's web hook at `/api/webhooks/stripe`. The address does not exist without "
        "it; payments are then found by asking Stripe every few minutes.",
    )
    stripe_methods: list[Literal["card", "alipay", "wechat_pay"]] = Field(
        default=["card"], description="Ways to pay through Stripe. Each must be switched on in Stripe's dashboard too."
    )
    stripe_automatic_tax: bool = Field(default=False, description="Let Stripe Tax work out taxes and collect tax ids.")
    stripe_promotion_codes: bool = Field(default=False, description="Let buyers enter Stripe's promotion codes.")
    stripe_address: str | None = Field(
        default=None, description="Another address than Stripe's own, such as a test server's."
    )
    epay_address: str | None = Field(
        default=None, description="Address of an EPay (易支付) gateway: the folder that holds its `submit.php`."
    )
    epay_merchant: str | None = Field(default=None, description="The merchant's number (`pid`) there.")
    epay_key: SecretStr | None = Field(default=None, description="The merchant's key there.")
    epay_methods: list[Literal["alipay", "wechat_pay"]] = Field(
        default=["alipay", "wechat_pay"], description="Ways to pay through it."
    )
    bank_transfer_instructions: str | None = Field(
        default=None,
        description="Where to send money by bank transfer; shown to buyers with a reference. Off without it. "
        "An operator confirms each transfer that came.",
    )
    refund_if_spent: Literal["refuse", "rest", "debt"] = Field(
        default="refuse",
        description="When an operator refunds credits that were partly used: `refuse`, pay back the `rest`, or pay all "
        "back and note a `debt`, which the next credits pay.",
    )
    seller_name: str = Field(default="Modelport", description="The seller on receipts.")
    seller_details: str = Field(default="", description="Address and tax number of the seller on receipts.")
    log_level: str = Field(default="info", description="`debug`, `info`, `warning` or `error`.")
    log_json: bool = Field(default=False, description="Write logs as JSON lines instead of text.")

    @property
    def sqlite_path(self) -> Path:
        """The embedded database's file."""
        return self.data_dir / "modelport.db"

    @property
    def registration_mode(self) -> Literal["open", "invite", "domains", "closed"]:
        """Who may sign up, worked out where the operator did not say."""
        if self.registration is not None:
            return self.registration
        at_home = self.public_url is None and self.host in {"127.0.0.1", "::1", "localhost"}
        return "open" if at_home else "invite"

    def lay_over(self, values: Mapping[str, object]) -> None:
        """Takes values that an operator gave while the process runs: whoever asks from now on finds them (ADR 0021).

        They must be checked already; what is built from a setting at start does not follow.
        """
        for name, value in values.items():
            object.__setattr__(self, name, value)  # past the lock that keeps everybody else from doing so

    def master_secret(self) -> bytes:
        """The master secret, made on first use.

        Raises `WeakSecret` when the one given is shorter than 32 characters.
        """
        if self.secret is not None:
            return _strong(self.secret.get_secret_value(), "MODELPORT_SECRET")
        path = self.data_dir / "secret.key"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            # O_EXCL decides between two processes that start at once; the loser reads the winner's.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _strong(path.read_text(encoding="ascii").strip(), str(path))
        text = secrets.token_hex(32)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        return text.encode()


def _strong(text: str, source: str) -> bytes:
    if len(text) < 32 or len(set(text)) < 8:
        raise WeakSecret(
            f"the master secret from {source} is too weak: give at least 32 random characters, "
            'for example from `python -c "import secrets; print(secrets.token_hex(32))"`'
        )
    return text.encode()
