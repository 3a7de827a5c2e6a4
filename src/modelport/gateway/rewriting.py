"""What is done to a caller's body before it is read: a preset completes it, a variant's wish is spelled out.

Most requests name neither, which a look for two words tells; they are not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from modelport.presets.config import Dialect, apply

if TYPE_CHECKING:
    from modelport.gateway.door import Address, Door
    from modelport.presets.service import Presets

__all__ = ["Rewritten", "rewritten"]

_DIALECTS = frozenset({"openai_chat", "anthropic_messages", "openai_responses"})
_PRESET = "@preset/"


class Rewritten(NamedTuple):
    """A body to be read, and what a preset says beside."""

    body: bytes
    preset_id: str | None = None
    cache_enabled: bool | None = None
    cache_seconds: int | None = None


async def rewritten(body: bytes, door: Door, address: Address, presets: Presets, account_id: str) -> Rewritten:
    """The body that is to be read. Raises `NoSuchPreset`.

    A body that can't be understood here is left to the dialect's reader, which says what is wrong with it.
    """
    has_preset = b"preset" in body
    if door.dialect not in _DIALECTS or address.model or not (has_preset or b":thinking" in body or b":online" in body):
        return Rewritten(body)
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Rewritten(body)
    model, slug = fields.get("model"), fields.get("preset")
    name = model if isinstance(model, str) else None
    if name is not None and _PRESET in name:
        name, _, slug = name.partition(_PRESET)
    made, config = fields, None
    if isinstance(slug, str) and slug:
        config = await presets.config(account_id, slug)
        made = apply(fields, config, cast("Dialect", door.dialect), name or None)
    made = _spelled_out(made)
    if made is fields:
        return Rewritten(body)
    own: dict[str, Any] = config.fields if config is not None else {}
    enabled, seconds = own.get("cache_enabled"), own.get("cache_ttl_seconds")
    return Rewritten(
        msgspec.json.encode(made),
        config.preset_id if config is not None else None,
        enabled if isinstance(enabled, bool) else None,
        seconds if isinstance(seconds, int) else None,
    )


def _spelled_out(fields: dict[str, Any]) -> dict[str, Any]:
    """`:thinking` asks for reasoning, `:online` for the web plugin."""
    model = fields.get("model")
    variants = model.split(":")[1:] if isinstance(model, str) else []
    if "thinking" in variants and "reasoning" not in fields and "thinking" not in fields:
        fields = {**fields, "reasoning": {"enabled": True}}
    if "online" in variants:
        given = fields.get("plugins")
        plugins = cast("list[Any]", given) if isinstance(given, list) else []
        if {"id": "web"} not in plugins:
            fields = {**fields, "plugins": [*plugins, {"id": "web"}]}
    return fields
