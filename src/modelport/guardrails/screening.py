"""Looks through the text of a request, and redacts, blocks or flags what filters find.

A request is read as JSON, whatever its dialect: texts stand in a few fields, and what is no text (ids, addresses,
data, signatures) in fields of known names. It is written anew from what was read, so that what was looked at is what
is sent: no field that stands twice, and no escape, can hide anything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec

from modelport.guardrails.detectors import DETECTORS, Detector, Found
from modelport.guardrails.errors import RefusedByGuardrail
from modelport.guardrails.patterns import Pattern, compiled
from modelport.guardrails.rules import ACTIONS, Action, Builtin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelport.guardrails.rules import Custom

__all__ = ["Event", "Finding", "Given", "Screen", "Screened"]

_ROOTS: Final = frozenset({
    "messages", "prompt", "suffix", "input", "instructions", "system", "contents", "systemInstruction",
    "system_instruction", "content", "requests", "texts", "inputs", "query", "documents", "message", "chat_history",
    "preamble", "prediction",
})  # fmt: skip
"""Where requests of all dialects keep what is to be read by the model."""
_SYSTEM: Final = frozenset({"system", "instructions", "systemInstruction", "system_instruction", "preamble"})
_NO_TEXT: Final = frozenset({
    "role", "type", "model", "id", "call_id", "tool_call_id", "tool_use_id", "toolUseId", "item_id", "name", "url",
    "uri", "fileUri", "file_uri", "image_url", "data", "bytes", "file_data", "file_id", "encrypted_content",
    "signature", "thoughtSignature", "thought_signature", "mime_type", "mimeType", "media_type", "format", "detail",
    "status", "cache_control", "cachePoint", "redactedContent", "taskType", "input_type",
})  # fmt: skip
_FREE: Final = frozenset({"response", "json", "args", "arguments"})
"""Fields whose value is an object of the caller's own: in it any name may stand for a text."""
_ROLES: Final = {
    "function_call_output": "tool",
    "tool_result": "tool",
    "custom_tool_call_output": "tool",
    "function_call": "assistant",
    "tool_use": "assistant",
    "reasoning": "assistant",
}
_MOST_NAMED: Final = 20


class Given(NamedTuple):
    """A filter, and the guardrail it is from."""

    scope: str
    guardrail_id: str
    rule: Builtin | Custom


class Event(msgspec.Struct, omit_defaults=True):
    """What one filter did to a request, as it is kept with the generation. Never what it found."""

    guardrail_id: str
    scope: str
    filter: str
    """The detector's slug, or `custom`."""
    label: str
    action: Action
    count: int


class Screened(NamedTuple):
    """A request that may go on."""

    body: bytes
    events: tuple[Event, ...]


class Finding(NamedTuple):
    """What one filter finds in a text."""

    rule: Builtin | Custom
    label: str
    found: list[Found]


class _Filter(NamedTuple):
    given: Given
    slug: str
    label: str
    action: Action
    detector: Detector
    users_only: bool

    def reads(self, role: str) -> bool:
        """Whether it looks at messages of this role."""
        return role == "user" or not self.users_only


class Screen:
    """Every filter that applies to a key, ready to be used."""

    def __init__(self, filters: tuple[_Filter, ...]) -> None:
        self._filters = filters

    @classmethod
    def of(cls, given: Iterable[Given]) -> Screen | None:
        """The filters of several guardrails together; None where there are none. Raises `BadGuardrail`."""
        found: dict[tuple[str, str], _Filter] = {}
        for each in given:
            made = _filter(each)
            place = (made.slug, "" if isinstance(each.rule, Builtin) else each.rule.pattern)
            known = found.get(place)
            if known is None:
                found[place] = made
                continue
            strictest = max(known, made, key=lambda one: ACTIONS.index(one.action))
            found[place] = strictest._replace(users_only=known.users_only and made.users_only)
        # What blocks comes first: nothing has to be redacted of a request that is refused.
        order = sorted(found.values(), key=lambda one: -ACTIONS.index(one.action))
        return cls(tuple(order)) if order else None

    def apply(self, body: bytes) -> Screened:
        """The request as it may be sent. Raises `RefusedByGuardrail`; a body that is no JSON object is left as it is,
        for its dialect's reader to refuse.
        """
        try:
            fields = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Screened(body, ())
        if not isinstance(fields, dict):
            return Screened(body, ())
        reading = _Reading(self._filters)
        read: dict[str, Any] = {
            name: _read(value, reading, "system" if name in _SYSTEM else "user", free=name == "documents")
            if name in _ROOTS
            else value
            for name, value in cast("dict[str, Any]", fields).items()
        }
        events = reading.events()
        if any(event.action == "block" for event in events):
            raise refusal(events)
        return Screened(_written(read), events)

    def findings(self, text: str, role: str) -> list[Finding]:
        """What each filter finds in a text of this role as it stands; those that find nothing are left out."""
        looked = [
            Finding(each.given.rule, each.label, each.detector(text)) for each in self._filters if each.reads(role)
        ]
        return [each for each in looked if each.found]

    def applied(self, text: str, role: str) -> str:
        """A single text as it may be sent. Raises `RefusedByGuardrail`."""
        reading = _Reading(self._filters)
        done = reading.text(text, role)
        events = reading.events()
        if any(event.action == "block" for event in events):
            raise refusal(events)
        return done


def refusal(events: tuple[Event, ...]) -> RefusedByGuardrail:
    """The refusal of a request, which names the filter but never what it found."""
    blocked = next(event for event in events if event.action == "block")
    if blocked.filter == "regex-prompt-injection":
        message = "Request blocked: prompt injection patterns detected"
    else:
        message = f"Request blocked by content filter: {blocked.label}"
    error = RefusedByGuardrail(
        message,
        metadata={
            "patterns": [event.label for event in events if event.action == "block"],
            "guardrail_id": blocked.guardrail_id,
            "guardrail_scope": blocked.scope,
        },
    )
    error.events = events
    return error


def _written(fields: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(fields)
    except OverflowError:  # a number of more than 64 bits
        return json.dumps(fields, ensure_ascii=False).encode()


class _Reading:
    """One request under the filters."""

    def __init__(self, filters: tuple[_Filter, ...]) -> None:
        self._filters = filters
        self._counts: dict[tuple[int, str], int] = {}

    def text(self, text: str, role: str) -> str:
        """A text as it may be sent; what was found in it is noted."""
        for number, each in enumerate(self._filters):
            if not each.reads(role):
                continue
            found = each.detector(text)
            if not found:
                continue
            for one in found:
                place = (number, one.label or each.label)
                self._counts[place] = self._counts.get(place, 0) + 1
            if each.action == "redact":
                text = _redacted(text, found, each.label)
        return text

    def events(self) -> tuple[Event, ...]:
        """What was found, filter by filter; never without what blocks, which has the lowest numbers."""
        made: list[Event] = []
        for (number, label), count in sorted(self._counts.items())[:_MOST_NAMED]:
            each = self._filters[number]
            given = each.given
            made.append(Event(given.guardrail_id, given.scope, each.slug, label, each.action, count))
        return tuple(made)


def _read(value: Any, reading: _Reading, role: str, *, free: bool) -> Any:
    if isinstance(value, str):
        return reading.text(value, role)
    if isinstance(value, list):
        return [_read(each, reading, role, free=free) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    if not free:
        own = fields.get("role") or _ROLES.get(str(fields.get("type")))
        role = own if isinstance(own, str) else role
    done: dict[str, Any] = {}
    for name, each in fields.items():
        if not free and name in _NO_TEXT and not (name == "data" and isinstance(each, dict)):
            done[name] = each
        elif name == "arguments" and isinstance(each, str):
            done[name] = _arguments(each, reading, role)
        else:
            inner = free or name in _FREE or (name in {"input", "data"} and isinstance(each, dict))
            done[name] = _read(each, reading, role, free=inner)
    return done


def _arguments(text: str, reading: _Reading, role: str) -> str:
    """JSON in a text: what is found in it must not break it."""
    try:
        inside = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return reading.text(text, role)
    if not isinstance(inside, dict | list):
        return reading.text(text, role)
    read = _read(inside, reading, role, free=True)
    # Unchanged, it is looked at as it stands too: for what stands twice in it, or is escaped.
    return reading.text(text, role) if read == inside else _written(read).decode()


def _redacted(text: str, found: list[Found], label: str) -> str:
    parts: list[str] = []
    at = 0
    for one in sorted(found):
        if one.end <= at:
            continue
        parts += [text[at : max(one.start, at)], one.label or label]
        at = one.end
    return "".join([*parts, text[at:]])


def _filter(given: Given) -> _Filter:
    rule = given.rule
    if isinstance(rule, Builtin):
        known = DETECTORS[rule.slug]
        users = rule.slug == "regex-prompt-injection" and rule.scan_scope == "user_only"
        return _Filter(given, rule.slug, known.label, rule.action, known.finds, users)
    label = (rule.label or "").strip() or "[REDACTED]"
    return _Filter(given, "custom", label, rule.action, _finder(compiled(rule.pattern)), users_only=False)


def _finder(pattern: Pattern) -> Detector:
    def find(text: str) -> list[Found]:
        return [Found(one.start(), one.end()) for one in pattern.finditer(text) if one.end() > one.start()]

    return find
