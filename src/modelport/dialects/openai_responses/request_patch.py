"""A caller's own request for a provider of the same dialect: named patches, all else byte for byte.

Patched are the model, `stream`, `store`, the length, and what the provider's row renames or drops. Taken out are the
fields meant for the gateway, those of other dialects (`DROPPED`), nulls of fields that are known, and what was added to
items by the reference or here: a provider gets back just the reasoning that it takes, in its own form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import Message, ReasoningOptions, Role, respelled
from modelport.dialects.openai_responses.items import Writing
from modelport.dialects.openai_responses.reasoning import known_id, read_blocks, unseal
from modelport.dialects.openai_responses.request_read import read_reasoning
from modelport.dialects.openai_responses.request_write import DROPPED, PLACES, effort_of, refuse_gateway_tools
from modelport.dialects.openai_responses.wire import (
    GATEWAY_FIELDS,
    KIND,
    NULL,
    OPENAI_FORMAT,
    Body,
    Kind,
    ReasoningBody,
    ReasoningItem,
)
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from modelport.dialects.canonical import Target

__all__ = ["patch_request"]

_LEFT_OUT = GATEWAY_FIELDS | frozenset(DROPPED) | {"modalities", "stream"}
_KNOWN = frozenset(Body.__struct_fields__)
_OURS = frozenset({"exclude", "enabled", "max_tokens"})
"""Options of reasoning that are the reference's."""
_REWRITTEN = (b'"reasoning"', b'"cache_control"', b'"input_video"')
"""Where none of these stands in the input, there is nothing to patch in it."""

_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_ITEMS = msgspec.json.Decoder(list[Raw])
_LENGTH = msgspec.json.Decoder(int | None)
_REASONING = msgspec.json.Decoder(ReasoningItem)
_OPTIONS = msgspec.json.Decoder(ReasoningBody | None)
_ENCODER = msgspec.json.Encoder()


class _Item(Kind):
    content: Raw = NULL
    output: Raw = NULL


class _Part(Struct):
    type: str | None = None
    cache_control: Raw = NULL


_ITEM = msgspec.json.Decoder(_Item)
_PART = msgspec.json.Decoder(_Part)


def patch_request(body: bytes, target: Target) -> bytes:
    """The body for the provider. Check it with `read_request` first.

    Raises `BadRequest` for what is no request, and that names what the provider can't be asked.
    """
    try:
        given = _FIELDS.decode(body)
        fields: dict[str, object] = {
            name: raw
            for name, raw in given.items()
            if (name not in _LEFT_OUT or name in target.keeps) and (raw != NULL or name not in _KNOWN)
        }
        fields |= {"model": target.model, "store": False}
        if target.stream:
            fields["stream"] = True
        if target.max_tokens is not None:
            fields["max_output_tokens"] = target.max_tokens
        if "input" in given:
            fields["input"] = _input(given["input"], target)
        if "reasoning" in fields and "reasoning" not in target.keeps:
            length = target.max_tokens or _LENGTH.decode(given.get("max_output_tokens", NULL))
            fields["reasoning"] = _reasoning(given["reasoning"], length)
        if "tools" in fields:
            refuse_gateway_tools(KIND.decode(raw).type or "" for raw in _ITEMS.decode(given["tools"]))
    except FAULTS as error:
        raise BadRequest(f"Invalid request: {error}") from error
    return _ENCODER.encode(respelled(fields, target, PLACES))


def _reasoning(raw: Raw, length: int | None) -> object:
    """The options without the reference's own; those say what they can in an effort."""
    fields = _FIELDS.decode(raw)
    if not _OURS & set(fields):
        return raw
    options = read_reasoning(_OPTIONS.decode(raw)) or ReasoningOptions()
    kept: dict[str, object] = {name: value for name, value in fields.items() if name not in _OURS}
    if kept.get("effort", NULL) == NULL and (effort := effort_of(options, length)) is not None:
        kept["effort"] = effort
    return kept


def _input(raw: Raw, target: Target) -> Raw:
    given = bytes(raw)
    if given[:1] != b"[" or not any(mark in given for mark in _REWRITTEN):
        return raw
    before = _ITEMS.decode(raw)
    after = [kept for number, item in enumerate(before) for kept in _item(item, f"input[{number}]", target)]
    return raw if after == before else Raw(_ENCODER.encode(after))


def _item(raw: Raw, place: str, target: Target) -> list[Raw]:
    """What a provider is sent of one item: most often just that."""
    item = _ITEM.decode(raw)
    if item.type == "reasoning":
        return _thought(raw, target)
    patched = {
        name: Raw(_ENCODER.encode(after))
        for name, parts in (("content", item.content), ("output", item.output))
        if bytes(parts)[:1] == b"["
        and (before := _ITEMS.decode(parts)) != (after := [_part(one, f"{place}.{name}", target) for one in before])
    }
    return [Raw(_ENCODER.encode(_FIELDS.decode(raw) | patched))] if patched else [raw]


def _part(raw: Raw, place: str, target: Target) -> Raw:
    part = _PART.decode(raw)
    if part.type == "input_video":
        raise BadRequest(f"The provider can't take `{place}`: no video here in its dialect (OpenAI Responses).")
    if part.cache_control == NULL or "cache_control" in target.keeps:
        return raw
    return Raw(_ENCODER.encode({name: value for name, value in _FIELDS.decode(raw).items() if name != "cache_control"}))


def _thought(raw: Raw, target: Target) -> list[Raw]:
    item = _REASONING.decode(raw)
    ours = item.signature is not None or item.format is not None or known_id(item.id) != item.id
    if not ours and (item.encrypted_content is None or unseal(item.encrypted_content) is None):
        return [raw]
    message = Message(Role.ASSISTANT, [*read_blocks(item, OPENAI_FORMAT)])
    written = Writing(frozenset(), target.reasoning_format or OPENAI_FORMAT, breakpoints=True).write([message])
    return [Raw(_ENCODER.encode(one)) for one in written]
