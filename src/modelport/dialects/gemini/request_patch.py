"""A caller's own request for a provider of the same dialect: named patches, all else byte for byte.

Patched are the length and what the provider's row renames or drops; the model and whether to stream are in the address.
Taken out are the fields meant for the gateway, and the thoughts of another maker that we sealed into an earlier answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.gemini.request_write import renamed
from modelport.dialects.gemini.wire import GATEWAY_FIELDS, camel, unseal, unsealed_signature
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from modelport.dialects.canonical import Target

__all__ = ["patch_request"]

_LIST = msgspec.json.Decoder(list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_STR = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()

_MARKS = (b"b3BlbnJvdXRlci5yZWFzb25pbmc6", b"bW9kZWxwb3J0LnNpZ25hdHVyZT")
"""How what we sealed begins in base64, of either alphabet."""


def patch_request(body: bytes, target: Target) -> bytes:
    """The body for the provider. Check it with `read_request` first.

    Raises `BadRequest` when the body is no object.
    """
    try:
        read = _OBJECT.decode(body)
    except FAULTS as error:
        raise BadRequest(f"Invalid request: the body must be an object: {error}") from error
    fields: dict[str, object] = {
        name: raw
        for name, raw in read.items()
        if (name not in GATEWAY_FIELDS or name in target.keeps) and name not in {"model", "stream"}
    }
    _limit(fields, target)
    contents = fields.get("contents")
    if isinstance(contents, Raw) and any(mark in bytes(contents) for mark in _MARKS):
        fields["contents"] = _unsealed(contents)
    return _ENCODER.encode(renamed(fields, target))


def _limit(fields: dict[str, object], target: Target) -> None:
    """Sets the longest answer, in the caller's own spelling."""
    if target.max_tokens is None:
        return
    name = "generation_config" if "generation_config" in fields else "generationConfig"
    raw = fields.get(name)
    try:
        config: dict[str, object] = dict(_OBJECT.decode(raw)) if isinstance(raw, Raw) and raw != _NULL else {}
    except FAULTS:
        return  # not ours to judge
    spelled = next((each for each in config if camel(each) == "maxOutputTokens"), "maxOutputTokens")
    fields[name] = config | {spelled: target.max_tokens}


_NULL = Raw(b"null")


def _unsealed(raw: Raw) -> Raw:
    """The contents without what was sealed for the caller only; a content of which nothing is left goes too."""
    try:
        kept: list[object] = []
        for each in _LIST.decode(raw):
            turn = _OBJECT.decode(each)
            if not any(mark in bytes(each) for mark in _MARKS) or bytes(turn.get("parts", b""))[:1] != b"[":
                kept.append(each)
                continue
            parts = _without_foreign(_LIST.decode(turn["parts"]))
            if parts:
                kept.append(dict(turn) | {"parts": parts})
        return Raw(_ENCODER.encode(kept))
    except FAULTS:
        return raw


def _without_foreign(parts: list[Raw]) -> list[Raw]:
    """A foreign thought goes with the unsigned thoughts before it, which streaming cut off from its signature."""
    kept: list[Raw] = []
    for raw in parts:
        fields = _OBJECT.decode(raw)
        name = next((each for each in fields if camel(each) == "thoughtSignature"), None)
        signature = _STR.decode(fields[name]) if name is not None else None
        if signature is None or name is None:
            kept.append(raw)
        elif unseal(signature) is None:
            fields[name] = Raw(_ENCODER.encode(unsealed_signature(signature)))
            kept.append(Raw(_ENCODER.encode(fields)))
        else:
            cut = fields.get("text") == _EMPTY
            while cut and kept and _is_loose_thought(kept[-1]):
                kept.pop()
    return kept


_EMPTY = Raw(b'""')


def _is_loose_thought(raw: Raw) -> bool:
    fields = _OBJECT.decode(raw)
    return fields.get("thought") == Raw(b"true") and not any(camel(name) == "thoughtSignature" for name in fields)
