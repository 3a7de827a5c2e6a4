"""What the operators' addresses of the catalogue take and give."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from modelport.kit.told import Told

__all__ = [
    "AppliedAnswer",
    "Difference",
    "ImportAnswer",
    "KeyRequest",
    "KeyTried",
    "Price",
    "PricesAnswer",
    "ProposalAnswer",
    "ProviderKeyAnswer",
    "ProviderState",
    "ProvidersAnswer",
    "Remark",
    "TakeRequest",
]


_REMARKS = "The notes once more, each with its word and values for programs that tell it in other languages."


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Difference(BaseModel):
    """One thing that differs."""

    kind: str = Field(description="`added`, `changed` or `removed`.")
    subject: str
    endpoint: str | None
    field: str | None
    old: str | None
    new: str | None
    is_price: bool


class AppliedAnswer(BaseModel):
    """What applying does, or would do."""

    created: list[str]
    updated: list[str]
    unchanged: list[str]
    differences: list[Difference]
    token: str = Field(description="Give it when applying: nothing but these differences is written then.")
    applied: bool


class Remark(BaseModel):
    """A note, with what programs need to word it anew."""

    text: str
    code: str | None = Field(description="Null for words that are not ours.")
    values: dict[str, str | int]

    @classmethod
    def of(cls, note: str) -> Remark:
        """As the API shows it."""
        told = isinstance(note, Told)
        return cls(text=note, code=note.code if told else None, values=note.values if told else {})


class ProposalAnswer(BaseModel):
    """What a source outside would change."""

    source: str
    differences: list[Difference]
    notes: list[str]
    remarks: list[Remark] = Field(description=_REMARKS)
    token: str
    applied: bool


class ImportAnswer(BaseModel):
    """What an import changes in the catalogue."""

    differences: list[Difference]
    notes: list[str] = Field(description="What could not be brought along, and why.")
    remarks: list[Remark] = Field(description=_REMARKS)
    token: str
    applied: bool


class TakeRequest(_Given):
    """Consent to a proposal."""

    token: str | None = Field(default=None, description="Of the proposal that was shown.")
    free: bool = Field(default=False, description="Give models without a known price for nothing.")
    only: list[str] | None = Field(
        default=None, max_length=10_000, description="When applying: ids of the models to take; all when not given."
    )


class KeyTried(BaseModel):
    """What a provider says to one of its keys."""

    verdict: Literal["works", "refused", "unknown"]
    message: str | None = Field(default=None, description="In the server's words, where it is no `works`.")
    metadata: dict[str, Any] | None = Field(default=None, description="The same for programs, as an error has it.")
    milliseconds: int


class KeyRequest(_Given):
    """A provider's key."""

    key: SecretStr = Field(description="The key, or `env:NAME` to read it from the server's environment.")
    name: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$",
        description="Keeps it beside the provider's other keys.",
    )
    options: dict[str, str] = Field(default_factory=dict, description="Words that the provider's address needs.")
    unverified: bool = Field(default=False, description="Take the key even if it can't be tried.")
    free: bool | None = Field(default=None, description="Give models without a known price for nothing.")


class ProviderKeyAnswer(BaseModel):
    """What entering a key did."""

    provider: str
    verified: bool
    models: list[str] = Field(description="Ids of the models that the provider serves now.")
    differences: list[Difference]
    notes: list[str]
    remarks: list[Remark] = Field(description=_REMARKS)


class ProviderOption(BaseModel):
    """A word in the provider's address that the operator gives with its key."""

    name: str
    meaning: str
    default: str | None = Field(description="Null where it must be given.")


class ProviderState(BaseModel):
    """A provider as operators see it; never a key."""

    slug: str
    name: str
    is_active: bool = Field(description="Whether it can be called.")
    reason: str | None = Field(description="Why it can't.")
    lacks: Literal["key", "variable", "secret"] | None = Field(
        description="The same in a word: no key was entered, its variable is not set, or its seal can't be opened."
    )
    options: list[ProviderOption]
    environment: str | None = Field(description="The variable that its key may come from.")
    is_known: bool = Field(description="Whether it stands in the table of known providers.")
    source: str | None = Field(description="`operator`, `synced` or `builtin`; null for one that is only known.")
    docs: str | None
    keys: list[str] = Field(description="Names of its keys.")
    models: int = Field(description="How many models it serves, or would serve with a key.")


class ProvidersAnswer(BaseModel):
    """Every provider of the catalogue, and those that are only known."""

    data: list[ProviderState]


class Price(BaseModel):
    """Prices of an endpoint from a moment on."""

    since: str = Field(description="ISO 8601, UTC.")
    pricing: dict[str, Any]
    cost: dict[str, Any] | None


class PricesAnswer(BaseModel):
    """The price history of a model's endpoints, by tag, the oldest first."""

    data: dict[str, list[Price]]
