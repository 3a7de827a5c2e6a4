"""A caller's fields for a provider of the same dialect that spells some of them otherwise.

Names are those of `canonical.respelling`. One is this dialect's own: `messages.reasoning` renamed to
`content.thinking` becomes a content part of that type, where Mistral wants it (docs.mistral.ai, Reasoning, 2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Places, respelled

if TYPE_CHECKING:
    from modelport.dialects.canonical import Target

__all__ = ["patched", "with_names_said", "with_prefill_marked"]

_MESSAGES = msgspec.json.Decoder(list[dict[str, Raw]])
_PARTS = msgspec.json.Decoder(list[Raw])
_ENCODER = msgspec.json.Encoder()
_THINKING = "content.thinking"
_PLACES = Places("messages", ("tools",), ("content",))


def patched(fields: dict[str, Raw], target: Target) -> dict[str, object]:
    """`fields` in the provider's words; what its row does not name goes through as it came."""
    if not target.renames and not target.drops:
        return dict(fields)
    body = respelled(fields, target, _PLACES)
    if _THINKING in target.renames.values():
        turns = _MESSAGES.decode(_ENCODER.encode(body["messages"]))
        for turn in turns:
            if (thought := turn.pop(_THINKING, None)) is not None:
                _think_in_content(turn, bytes(thought))
        body["messages"] = turns
    return body


def with_names_said(messages: Raw) -> Raw:
    """Messages whose `name` stands before their words, for models that don't read the field."""
    turns = _MESSAGES.decode(messages)
    for turn in turns:
        role = bytes(turn.get("role", b""))
        if role in {b'"tool"', b'"function"'} or bytes(turn.get("name", b"null")) in {b"null", b'""'}:
            continue  # there it is the name of what was called
        said = f"{msgspec.json.decode(turn.pop('name'), type=str)}: "
        content = bytes(turn.get("content", b"null")).strip()
        if content[:1] == b'"':
            turn["content"] = Raw(_ENCODER.encode(said + msgspec.json.decode(content, type=str)))
        elif content[:1] == b"[":
            turn["content"] = Raw(_ENCODER.encode([{"type": "text", "text": said}, *_PARTS.decode(content)]))
    return Raw(_ENCODER.encode(turns))


def with_prefill_marked(messages: Raw, mark: str) -> Raw:
    """Messages whose last one says that it is to be continued; what the caller said of that stays."""
    turns = _MESSAGES.decode(messages)
    turns[-1].setdefault(mark, Raw(b"true"))
    return Raw(_ENCODER.encode(turns))


def _think_in_content(turn: dict[str, Raw], thought: bytes) -> None:
    """Moves a message's reasoning to the front of its content."""
    if thought in {b"null", b'""'}:
        return
    thinking = Raw(b'{"type":"thinking","thinking":[{"type":"text","text":%b}]}' % thought)
    content = bytes(turn.get("content", Raw(b"null"))).strip()
    if content[:1] == b"[":
        turn["content"] = Raw(_ENCODER.encode([thinking, *_PARTS.decode(content)]))
    elif content in {b"null", b'""'}:
        turn["content"] = Raw(_ENCODER.encode([thinking]))
    else:
        turn["content"] = Raw(_ENCODER.encode([thinking, {"type": "text", "text": Raw(content)}]))
