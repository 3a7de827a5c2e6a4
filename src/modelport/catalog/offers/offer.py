"""One provider's word on one model: what it calls it, what it can do, what it costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

__all__ = ["Offer", "per_million", "per_unit", "plain"]

_MILLION = Decimal(1_000_000)
_FINEST = Decimal(1).scaleb(-15)


class Offer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A model as one source describes it; None and empty mean that the source doesn't say."""

    provider: str
    """Slug of the provider that serves it."""
    upstream_model: str
    """What the provider calls it."""
    model_id: str
    """Our id for it, `author/slug`."""
    name: str = ""
    description: str = ""
    created: int | None = None
    """Unix seconds."""
    context_length: int | None = None
    max_completion_tokens: int | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    supported_parameters: tuple[str, ...] = ()
    pricing: dict[str, Any] | None = None
    """As a catalogue file has it; None when the source names no prices."""
    reasoning: bool | None = None
    family: str | None = None
    knowledge_cutoff: str | None = None
    expiration_date: str | None = None
    hugging_face_id: str | None = None
    tokenizer: str | None = None
    is_moderated: bool = False
    aliases: tuple[str, ...] = ()


def plain(value: Decimal) -> str:
    """A decimal without exponent, no finer than the catalogue keeps."""
    text = format(value.quantize(_FINEST).normalize() if value.adjusted() > -40 else Decimal(0), "f")
    return "0" if text in {"-0", "0"} else text


def per_million(value: Decimal | float | str) -> str:
    """A price per million tokens as one per token."""
    return plain(Decimal(str(value)) / _MILLION)


def per_unit(value: Decimal | float | str) -> str | None:
    """A price per unit as it stands; None when it is no price (some lists write -1 for "varies")."""
    number = Decimal(str(value))
    return plain(number) if number.is_finite() and number >= 0 else None
