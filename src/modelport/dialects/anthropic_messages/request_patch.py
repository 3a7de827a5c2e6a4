"""A caller's own request for a provider of the same dialect: named patches, all else byte for byte.

Patched are the model, `stream`, the length, and what the provider's row renames or drops. Taken out are the fields
meant for the gateway, and what was written into an earlier answer for the caller only, so that no provider takes it
back: reasoning of another maker or without a signature, and citations that we made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from modelport.dialects.anthropic_messages.blocks_write import returned
from modelport.dialects.anthropic_messages.request_write import spelled
from modelport.dialects.anthropic_messages.thinking import DEFAULT_MAX_TOKENS
from modelport.dialects.anthropic_messages.wire import GATEWAY_FIELDS, is_sealed
from modelport.dialects.canonical import Fields
from modelport.kit.raw_json import FAULTS, NULL

if TYPE_CHECKING:
    from modelport.dialects.canonical import Target

__all__ = ["patch_request"]

_LIST = msgspec.json.Decoder(list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


def patch_request(body: bytes, target: Target) -> bytes:
    """The body for the provider. Check it with `read_request` first.

    Raises `BadRequest` when the body is no object.
    """
    fields: dict[str, object] = {
        name: raw
        for name, raw in Fields(body, "").rest.items()
        if name not in GATEWAY_FIELDS or name in target.keeps
    }  # fmt: skip
    fields["model"] = target.model
    fields.pop("stream", None)
    if target.stream:
        fields["stream"] = True
    length = target.max_tokens
    if length is None and fields.get("max_tokens", NULL) == NULL:
        length = target.default_max_tokens or DEFAULT_MAX_TOKENS
    if length is not None:
        fields["max_tokens"] = length
    if isinstance(turns := fields.get("messages"), Raw):
        fields["messages"] = _turns(turns)
    return _ENCODER.encode(spelled(fields, target))


class _Block(Struct):
    type: str = ""
    signature: str | None = None
    data: str | None = None
    citations: Raw | UnsetType = UNSET


_BLOCK = msgspec.json.Decoder(_Block)


def _turns(raw: Raw) -> Raw:
    """The messages without what is not for a provider; those of which nothing is left go too."""
    spelled = bytes(raw)
    if b"thinking" not in spelled and b"encrypted_index" not in spelled:
        return raw
    try:
        turns = [_OBJECT.decode(each) for each in _LIST.decode(raw)]
        changed = [_patched(turn) for turn in turns]
    except FAULTS:
        return raw  # not ours to judge
    if not any(changed):
        return raw
    return Raw(_ENCODER.encode([turn for turn in turns if turn.get("content") != _EMPTY]))


_EMPTY = Raw(b"[]")


def _patched(turn: dict[str, Raw]) -> bool:
    """Takes out of an assistant's message what is not for a provider; whether there was any."""
    content = turn.get("content", NULL)
    if turn.get("role") != _ASSISTANT or bytes(content)[:1] != b"[":
        return False
    before = _LIST.decode(content)
    after = [kept for block in before if (kept := _kept(block)) is not None]
    if after == before:
        return False
    turn["content"] = Raw(_ENCODER.encode(after))
    return True


_ASSISTANT = Raw(b'"assistant"')


def _kept(raw: Raw) -> Raw | None:
    block = _BLOCK.decode(raw)
    match block.type:
        case "thinking":
            return raw if block.signature and not is_sealed(block.signature) else None
        case "redacted_thinking":
            return None if is_sealed(block.data or "") else raw
        case "text" if isinstance(block.citations, Raw) and bytes(block.citations)[:1] == b"[":
            before = _LIST.decode(block.citations)
            after = [each for each in before if returned(each) is not None]
            if after == before:
                return raw
            fields = _OBJECT.decode(raw)
            del fields["citations"]
            return Raw(_ENCODER.encode({**fields, **({"citations": after} if after else {})}))
        case _:
            return raw
