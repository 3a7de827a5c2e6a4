"""The record of one provider: everything the chat path needs to call it, and nothing that does I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DataPolicy", "Provider", "Timeouts", "UpstreamKey", "Wire"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a provider, in seconds."""

    connect: float = 10.0
    first_byte: float = 120.0
    """From the request's end to the first byte of the answer's body."""
    idle: float = 60.0
    """Between two events of a stream."""
    total: float = 600.0


@dataclass(frozen=True, slots=True)
class DataPolicy:
    """How a provider handles what it is sent; None where that is not known, which counts as the worse."""

    training: bool | None = None
    retains_prompts: bool | None = None
    retention_days: int | None = None
    may_publish: bool | None = None
    zdr: bool | None = None
    safety_retention: bool | None = None
    """Whether prompts are kept, if at all, only to watch for abuse."""

    @property
    def collects(self) -> bool:
        """Whether what is sent may be kept or trained on (`data_collection: deny` keeps away from it)."""
        if self.safety_retention:
            return True
        if self.zdr:
            return False
        return self.training is not False or self.retains_prompts is not False or bool(self.may_publish)

    @property
    def is_zdr(self) -> bool:
        """Whether nothing is kept after the answer, and nothing trained on."""
        return self.is_zdr_but_for_safety and not self.safety_retention

    @property
    def is_zdr_but_for_safety(self) -> bool:
        """The same, but for what may be kept to watch for abuse."""
        kept = self.retains_prompts is not False and not self.safety_retention
        return bool(self.zdr) or (not kept and self.training is False)


@dataclass(frozen=True, slots=True)
class UpstreamKey:
    """One key of a provider."""

    name: str
    """What logs call it."""
    key: str = field(repr=False)
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How a provider is spoken to in one dialect."""

    base_url: str
    """What the path is appended to, such as `https://host/v1`; without a trailing slash.
    Empty while the provider can't be reached (the local model before it is ready)."""
    auth: str = "dialect"
    """How the key is shown: a name of `providers.auth.SCHEMES`; `dialect` for the dialect's own header."""
    path: str = ""
    """Instead of the dialect's path where the provider has another; `{model}` stands for its name of the model,
    `{path}` for the dialect's."""
    stream_path: str = ""
    """The same for streams, where they have an address of their own."""
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    """Put behind every address, such as an `api-version`."""
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    """Request fields it knows by another name: `{"max_completion_tokens": "max_tokens"}`."""
    drops: frozenset[str] = frozenset()
    """Request fields it refuses, and which an answer does not depend on."""
    keeps: frozenset[str] = frozenset()
    """Fields meant for a gateway that this provider, a gateway itself, is to be sent as well."""
    quirks: frozenset[str] = frozenset()
    """Ways in which it differs from its dialect, by the names that the dialect gives them."""
    adds: Mapping[str, object] = field(default_factory=dict[str, object])
    """Fields that it wants in every request, put in where the caller said nothing."""
    reasoning_format: str | None = None
    """The reference's name for the reasoning it takes back (`azure-openai-responses-v1`); None for its dialect's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(Wire):
    """Whom we call; as a `Wire`, how in the dialect that most of its models are reached in."""

    slug: str
    name: str
    """What callers see, as `provider` in answers."""
    dialect: str
    """Name of the folder in `dialects/` that speaks its wire format."""
    kind: str | None = None
    """Slug of its row in the table of known providers; None for one that is not known."""
    api_key: str = field(default="", repr=False)
    """Shown as `auth` says; the first of `keys`. Empty when the provider needs none."""
    keys: tuple[UpstreamKey, ...] = field(default=(), repr=False)
    """Every key it may be called with; requests are spread over them by weight."""
    proxy: str | None = field(default=None, repr=False)
    """`http://`, `socks5://` or `socks5h://` address, with a password if it wants one."""
    timeouts: Timeouts = Timeouts()
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Sent with every request beside the dialect's own."""
    max_concurrency: int | None = None
    """Requests under way at once; more wait their turn."""
    also: Mapping[str, Wire] = field(default_factory=dict[str, Wire])
    """Further dialects it speaks, for endpoints that name one."""
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    """What its addresses and its authentication need to know: a region, a project."""
    always_stream: bool = False
    """Ask for a stream even for a non-streamed answer, and add it up (it can be stopped at once then)."""
    privacy_policy_url: str | None = None
    terms_of_service_url: str | None = None
    status_page_url: str | None = None
    headquarters: str | None = None
    datacenters: tuple[str, ...] = ()
    data_policy: DataPolicy = DataPolicy()
    cache_seconds: int = 300
    """How long its prompt cache keeps a prefix after the last use."""

    def wire(self, dialect: str) -> Wire:
        """How it is spoken to in `dialect`."""
        return self.also.get(dialect, self)
