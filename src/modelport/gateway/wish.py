"""What the planner is told of a request: which models, under which conditions, and what the answer needs.

Small facts are taken at once; what costs more to find out is asked of the request only when an endpoint's limits make
it matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import msgspec

from modelport.dialects.canonical import Audio, File, Image, ToolResult, Video

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelport.dialects.canonical import Part
    from modelport.dialects.openai_chat.wire import Peek, ProviderPreferences
    from modelport.gateway.asked import Asked

__all__ = ["AutoOptions", "Sticky", "Wish", "field_of", "wish_of"]

T = TypeVar("T")

_TIERS = {"fast": "priority", "standard": "default"}
_PLAIN = frozenset({None, "auto", "default", "standard", "standard_only"})
_PARAMETERS = frozenset({
    "frequency_penalty", "include_reasoning", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "min_p",
    "parallel_tool_calls", "presence_penalty", "reasoning", "reasoning_effort", "repetition_penalty",
    "response_format", "seed", "stop", "structured_outputs", "temperature", "tool_choice", "tools", "top_a", "top_k",
    "top_logprobs", "top_p", "verbosity", "web_search_options",
})  # fmt: skip
"""Request fields by the names under which endpoints say that they support them."""
_LIKED = frozenset({"response_format", "verbosity"})
_SAME = {"max_completion_tokens": "max_tokens", "reasoning_effort": "reasoning"}
_KINDS: dict[type, str] = {Image: "image", File: "file", Audio: "audio", Video: "video"}


class AutoOptions(msgspec.Struct):
    """What a caller tells the router that picks models (`plugins`)."""

    id: str = ""
    allowed_models: list[str] | None = None
    excluded_models: list[str] | None = None
    cost_tier: str | None = None
    pin_model: str | None = None


@dataclass(slots=True)
class Sticky:
    """Where a conversation's prompt is likely still in a provider's cache."""

    endpoint_id: str
    """Empty where it is in none."""
    cached_share: float
    """The part of the prompt that was read from the cache the last time."""
    model_id: str | None = None
    """The model that a router picked for the conversation the last time."""


@dataclass
class Wish:
    """One request as the planner sees it."""

    models: list[str]
    """As the caller names them, in the order they are to be tried."""
    preferences: ProviderPreferences | None = None
    operation: str = "chat"
    wanted: frozenset[str] = frozenset()
    """Features without which an endpoint can't serve this at all."""
    would_like: frozenset[str] = frozenset()
    """Features that an endpoint without them is put behind for."""
    max_tokens: int | None = None
    tier: str | None = None
    """The service tier asked for; None for the plain one."""
    asked: Asked | None = field(default=None, repr=False)
    sticky: Sticky | None = None
    body_bytes: int = 0
    safety: frozenset[str] = frozenset()
    """Groups of models whose providers may keep prompts to watch for abuse even where nothing may be kept."""

    @cached_property
    def prompt_tokens(self) -> int:
        """A low estimate: an endpoint is refused only where the prompt is certainly too long for it."""
        return 0 if self.asked is None else self.asked.prompt_bytes // 6

    @cached_property
    def parameters(self) -> frozenset[str]:
        """Every parameter that was given, by the names endpoints use."""
        asked = self.asked
        if asked is None:
            return self.wanted
        if asked.chat is not None:
            given: Iterable[str] = asked.chat.fields.keys() & _PARAMETERS
            empty = {name for name in given if bytes(asked.chat.fields[name]) in {b"null", b"[]"}}
            given = set(given) - empty
        else:
            request = asked.canonical
            given = {name for name in _PARAMETERS if getattr(request, name, None) not in (None, [], ())}
        names = {_SAME.get(name, name) for name in given}
        return frozenset(names) | self.would_like

    @cached_property
    def modalities(self) -> frozenset[str]:
        """What the prompt holds beside text. Reads the whole request: for routers that choose models only."""
        found: set[str] = set()
        if self.asked is not None:
            for message in self.asked.canonical.messages:
                for part in message.parts:
                    _kinds(part, found)
        return frozenset(found)

    @cached_property
    def auto(self) -> AutoOptions:
        """What the caller told the router that picks models."""
        for raw in self._field("plugins", list[msgspec.Raw]) or ():
            try:
                options = msgspec.json.decode(raw, type=AutoOptions)
            except msgspec.DecodeError:
                continue
            if options.id in {"auto-router", "auto-beta-router"}:
                return options
        return AutoOptions()

    def _field(self, name: str, kind: type[T]) -> T | None:
        return None if self.asked is None else field_of(self.asked, name, kind)


def field_of(asked: Asked, name: str, kind: type[T]) -> T | None:
    """A field of the caller's body that no dialect has a word for; None when it is not there or of another type."""
    raw = asked.chat.fields.get(name) if asked.chat is not None else asked.canonical.extra.get(name)
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        return None


def wish_of(asked: Asked, operation: str = "chat") -> Wish:
    """A caller's request as the planner sees it."""
    peek: Peek = asked.peek
    names = [name for name in (peek.model, *(peek.models or ())) if name]
    tier = peek.service_tier
    talks = operation not in {"embeddings", "rerank"}
    return Wish(
        models=names,
        preferences=peek.provider,
        operation=operation,
        wanted=asked.wanted(),
        would_like=_would_like(asked) if talks else _NOTHING,
        max_tokens=asked.max_tokens,
        tier=None if tier in _PLAIN else _TIERS.get(tier or "", tier),
        asked=asked,
        # Several texts to be embedded may be longer together than the model's context.
        body_bytes=len(asked.body) if talks else 0,
    )


_NOTHING = frozenset[str]()


def _would_like(asked: Asked) -> frozenset[str]:
    if asked.chat is not None:
        found = asked.chat.fields.keys() & _LIKED
        if not found:
            return _NOTHING
        raw = bytes(asked.chat.fields.get("response_format", b""))
    else:
        wanted = asked.canonical.response_format
        if wanted is None:
            return _NOTHING
        found, raw = {"response_format"}, b'"json_schema"' if wanted.kind == "json_schema" else b""
    return frozenset({*found, "structured_outputs"} if b'"json_schema"' in raw else found)


def _kinds(part: Part, found: set[str]) -> None:
    if isinstance(part, ToolResult):
        for each in part.parts:
            _kinds(each, found)
    elif (kind := _KINDS.get(type(part))) is not None:
        found.add(kind)
