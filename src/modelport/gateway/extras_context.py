"""Prompts that are too long lose their middle, where the caller or a model's short context wants it so.

Models keep the beginning and the end of a prompt in mind best (`behaviour.md` section 13, `context-compression`). A
call of a tool and its results stand or fall together: providers refuse one without the other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw

from modelport.gateway import tokens
from modelport.gateway.asked import ChatAsked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.catalog.snapshot import Model
    from modelport.gateway.asked import Asked

__all__ = ["fitted"]

_MOST_CLAUDE: Final = 1_000
"""Messages that Anthropic takes in one request."""
_USUAL_ANSWER: Final = 1_024
"""Tokens left for an answer whose length the caller does not bound."""
_MARK: Final = "\n[...]\n"
_MESSAGES: Final = msgspec.json.Decoder(list[dict[str, Raw]])
_PARTS: Final = msgspec.json.Decoder(list[dict[str, Raw]])
_TEXT: Final = msgspec.json.Decoder(str)


@dataclass(slots=True)
class _Turn:
    """Messages that belong together."""

    messages: list[dict[str, Raw]] = field(default_factory=list[dict[str, Raw]])
    tokens: int = 0
    stays: bool = False


async def fitted(asked: Asked, models: Sequence[Model]) -> Asked:
    """The request, its middle left out as far as the longest of the models' contexts demands."""
    assert asked.chat is not None
    if not models:
        return asked
    context = max(model.context_length for model in models)
    room = context - min(asked.max_tokens or min(_USUAL_ANSWER, context // 4), context // 2)
    many = any(model.architecture.tokenizer == "Claude" for model in models) and len(asked.chat.messages) > _MOST_CLAUDE
    if asked.prompt_bytes <= room and not many:
        return asked  # no tokenizer makes more tokens of it
    await tokens.load()
    text, other = asked.prompt_text()
    # Another model's tokenizer may make more of it: what is compressed fits with certainty.
    whole = await asyncio.to_thread(lambda: tokens.margin(tokens.count(text)) + other)
    if whole <= room and not many:
        return asked
    turns = _turns(_MESSAGES.decode(asked.chat.fields["messages"]))
    await asyncio.to_thread(_weigh, turns)
    overhead = max(whole - sum(turn.tokens for turn in turns), 0)
    kept = _without_middle(turns, room - overhead, _MOST_CLAUDE if many else None)
    excess = sum(turn.tokens for turn in kept) + overhead - room
    if excess > 0:
        await asyncio.to_thread(_shorten, kept, excess)
    messages = [message for turn in kept for message in turn.messages]
    return ChatAsked(msgspec.json.encode(asked.chat.fields | {"messages": Raw(msgspec.json.encode(messages))}))


def _turns(messages: list[dict[str, Raw]]) -> list[_Turn]:
    turns: list[_Turn] = []
    for message in messages:
        role = bytes(message.get("role", b""))
        if role in {b'"tool"', b'"function"'} and turns:
            turns[-1].messages.append(message)
        else:
            turns.append(_Turn([message], stays=role in {b'"system"', b'"developer"'}))
    spoken = [turn for turn in turns if not turn.stays]
    for turn in (*spoken[:1], *spoken[-1:]):
        turn.stays = True
    return turns


def _weigh(turns: list[_Turn]) -> None:
    for turn in turns:
        turn.tokens = sum(_weight(message) for message in turn.messages)


def _weight(message: dict[str, Raw]) -> int:
    said = "".join(_texts(message))
    calls = message.get("tool_calls")
    return tokens.margin(tokens.count(said + ("" if calls is None else bytes(calls).decode())))


def _without_middle(turns: list[_Turn], room: int, most: int | None) -> list[_Turn]:
    """The turns but those nearest to the middle that have to go."""
    middle = len(turns) / 2
    total, count = sum(turn.tokens for turn in turns), sum(len(turn.messages) for turn in turns)
    gone: set[int] = set()
    for place in sorted(range(len(turns)), key=lambda place: abs(place + 0.5 - middle)):
        if total <= room and (most is None or count <= most):
            break
        if not turns[place].stays:
            gone.add(place)
            total -= turns[place].tokens
            count -= len(turns[place].messages)
    return [turn for place, turn in enumerate(turns) if place not in gone]


def _texts(message: dict[str, Raw]) -> list[str]:
    raw = bytes(message.get("content", b"null")).lstrip()
    if raw.startswith(b'"'):
        return [_TEXT.decode(raw)]
    if raw.startswith(b"["):
        return [_TEXT.decode(part["text"]) for part in _PARTS.decode(raw) if bytes(part.get("text", b""))[:1] == b'"']
    return []


def _shorten(turns: list[_Turn], excess: int) -> None:
    """Cuts the middle out of the longest texts until `excess` tokens are gone, or only short texts are left."""
    longest = sorted((m for turn in turns for m in turn.messages), key=_weight, reverse=True)
    for message in longest:
        weight = _weight(message)
        if excess <= 0 or weight <= 64:
            return
        keep = max(weight - excess - 16, 32) / weight
        raw = bytes(message.get("content", b"null")).lstrip()
        if raw.startswith(b'"'):
            message["content"] = Raw(msgspec.json.encode(_cut(_TEXT.decode(raw), keep)))
        elif raw.startswith(b"["):
            parts = _PARTS.decode(raw)
            for part in parts:
                if bytes(part.get("text", b""))[:1] == b'"':
                    part["text"] = Raw(msgspec.json.encode(_cut(_TEXT.decode(part["text"]), keep)))
            message["content"] = Raw(msgspec.json.encode(parts))
        excess -= weight - _weight(message)


def _cut(text: str, keep: float) -> str:
    half = int(len(text) * keep) // 2
    return text if 2 * half + len(_MARK) >= len(text) else text[:half] + _MARK + text[len(text) - half :]
