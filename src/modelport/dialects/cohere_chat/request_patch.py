"""A caller's own request for a provider of the same dialect: named patches, all else byte for byte.

Patched are the model, `stream`, the length, and what the provider's row renames or drops. Taken out are the fields
meant for the gateway, and what was written into an earlier answer for the caller only, so that no provider meets it:
reasoning of other makers, and the signatures of their calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Fields, respelled
from modelport.dialects.cohere_chat.request_write import PLACES
from modelport.dialects.cohere_chat.wire import GATEWAY_FIELDS
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from modelport.dialects.canonical import Target

__all__ = ["patch_request"]

_LIST = msgspec.json.Decoder(list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, Raw]])
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
    if target.max_tokens is not None:
        fields["max_tokens"] = target.max_tokens
    if isinstance(turns := fields.get("messages"), Raw):
        fields["messages"] = _turns(turns)
    return _ENCODER.encode(respelled(fields, target, PLACES))


def _turns(raw: Raw) -> Raw:
    """The messages without what is not for a provider; one of which nothing is left goes too."""
    spelled = bytes(raw)
    if b'"reasoning_detail"' not in spelled and b'"signature"' not in spelled:
        return raw
    try:
        turns = [_turn(each) for each in _LIST.decode(raw)]
    except FAULTS:
        return raw  # not ours to judge
    return Raw(_ENCODER.encode([turn for turn in turns if turn is not None]))


def _turn(raw: Raw) -> Raw | None:
    turn = _OBJECT.decode(raw)
    if turn.get("role") != Raw(b'"assistant"'):
        return raw
    calls, content = turn.get("tool_calls", _NONE), turn.get("content", _NONE)
    if b'"signature"' in bytes(calls):
        plain = [
            {name: value for name, value in call.items() if name != "signature"} for call in _OBJECTS.decode(calls)
        ]
        turn["tool_calls"] = Raw(_ENCODER.encode(plain))
    if bytes(content)[:1] == b"[" and b'"reasoning_detail"' in bytes(content):
        kept = [block for block in _LIST.decode(content) if "reasoning_detail" not in _OBJECT.decode(block)]
        turn["content"] = Raw(_ENCODER.encode(kept))
        if not kept and calls == _NONE and "tool_plan" not in turn:
            return None
    return Raw(_ENCODER.encode(turn))


_NONE = Raw(b"[]")
