"""Prompts that are too long lose their middle, where the caller or a model's short context wants it so.

Models keep the beginning and the end of a prompt in mind best (`behaviour.md` section 13, `context-compression`). A
call of a tool and its results stand or fall together: providers refuse one without the other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from modelport.gateway import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.catalog.snapshot import Model
    from modelport.gateway.asked import Asked

__all__ = ["Spelling", "cut", "fitted"]

_MOST_CLAUDE: Final = 1_000
"""Messages that Anthropic takes in one request."""
_USUAL_ANSWER: Final = 1_024
"""Tokens left for an answer whose length the caller does not bound."""
_MARK: Final = "\n[...]\n"

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)


class Spelling(Protocol[M_contra]):
    """How messages of one kind are read and shortened."""

    def role(self, message: M_contra) -> str:
        """Who speaks; `tool` for results."""
        ...

    def texts(self, message: M_contra) -> list[str]:
        """What is said."""
        ...

    def calls(self, message: M_contra) -> str:
        """What is called, as text."""
        ...

    def shorten(self, message: M_contra, keep: float) -> None:
        """Leaves that share of each text, its ends."""
        ...


@dataclass(slots=True)
class _Turn(Generic[M]):
    """Messages that belong together."""

    messages: list[M] = field(default_factory=list[M])
    tokens: int = 0
    stays: bool = False


async def fitted(asked: Asked, models: Sequence[Model], messages: list[M], spelling: Spelling[M]) -> list[M] | None:
    """The messages without their middle, as far as the longest of the contexts demands; None where nothing goes."""
    if not models:
        return None
    context = max(model.context_length for model in models)
    room = context - min(asked.max_tokens or min(_USUAL_ANSWER, context // 4), context // 2)
    many = any(model.architecture.tokenizer == "Claude" for model in models) and len(messages) > _MOST_CLAUDE
    if asked.prompt_bytes <= room and not many:
        return None  # no tokenizer makes more tokens of it
    await tokens.load()
    text, other = asked.prompt_text()
    # Another model's tokenizer may make more of it: what is compressed fits with certainty.
    whole = await asyncio.to_thread(lambda: tokens.margin(tokens.count(text)) + other)
    if whole <= room and not many:
        return None
    turns = _turns(messages, spelling)
    await asyncio.to_thread(_weigh, turns, spelling)
    overhead = max(whole - sum(turn.tokens for turn in turns), 0)
    kept = _without_middle(turns, room - overhead, _MOST_CLAUDE if many else None)
    excess = sum(turn.tokens for turn in kept) + overhead - room
    if excess > 0:
        await asyncio.to_thread(_shorten, kept, excess, spelling)
    return [message for turn in kept for message in turn.messages]


def _turns(messages: list[M], spelling: Spelling[M]) -> list[_Turn[M]]:
    turns: list[_Turn[M]] = []
    for message in messages:
        role = spelling.role(message)
        if role in {"tool", "function"} and turns:
            turns[-1].messages.append(message)
        else:
            turns.append(_Turn([message], stays=role in {"system", "developer"}))
    spoken = [turn for turn in turns if not turn.stays]
    for turn in (*spoken[:1], *spoken[-1:]):
        turn.stays = True
    return turns


def _weigh(turns: list[_Turn[M]], spelling: Spelling[M]) -> None:
    for turn in turns:
        turn.tokens = sum(_weight(message, spelling) for message in turn.messages)


def _weight(message: M, spelling: Spelling[M]) -> int:
    return tokens.margin(tokens.count("".join(spelling.texts(message)) + spelling.calls(message)))


def _without_middle(turns: list[_Turn[M]], room: int, most: int | None) -> list[_Turn[M]]:
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


def _shorten(turns: list[_Turn[M]], excess: int, spelling: Spelling[M]) -> None:
    """Cuts the middle out of the longest texts until `excess` tokens are gone, or only short texts are left."""
    longest = sorted(((_weight(m, spelling), m) for turn in turns for m in turn.messages), key=_first, reverse=True)
    for weight, message in longest:
        if excess <= 0 or weight <= 64:
            return
        spelling.shorten(message, max(weight - excess - 16, 32) / weight)
        excess -= weight - _weight(message, spelling)


def _first(pair: tuple[int, object]) -> int:
    return pair[0]


def cut(text: str, keep: float) -> str:
    """The ends of a text, about that share of it."""
    half = int(len(text) * keep) // 2
    return text if 2 * half + len(_MARK) >= len(text) else text[:half] + _MARK + text[len(text) - half :]
