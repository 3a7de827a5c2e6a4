"""Looks through the text of a request, and redacts, blocks or flags what filters find.

It is written anew from what was read (`reading.py`), so that what was looked at is what is sent: no field that stands
twice, and no escape, can hide anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec

from modelport.guardrails.detectors import DETECTORS, Detector, Found
from modelport.guardrails.errors import RefusedByGuardrail
from modelport.guardrails.patterns import Pattern, compiled
from modelport.guardrails.reading import is_tokens, replaced, written
from modelport.guardrails.rules import ACTIONS, Action, Builtin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelport.guardrails.rules import Custom

__all__ = ["Event", "Finding", "Given", "Screen", "Screened"]

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
        read = replaced(cast("dict[str, Any]", fields), reading.text)
        if is_tokens(read.get("input")) and any(each.action != "flag" for each in self._filters):
            raise RefusedByGuardrail(
                "Request blocked: filters read text, and `input` holds token numbers.", metadata={"rule": "tokens"}
            )
        events = reading.events()
        if any(event.action == "block" for event in events):
            raise refusal(events)
        return Screened(written(read), events)

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
        message, rule = "Request blocked: prompt injection patterns detected", "injection"
    else:
        message, rule = f"Request blocked by content filter: {blocked.label}", "filter"
    error = RefusedByGuardrail(
        message,
        metadata={
            "rule": rule,
            "label": blocked.label,
            "patterns": [event.label for event in events if event.action == "block"],
            "guardrail_id": blocked.guardrail_id,
            "guardrail_scope": blocked.scope,
        },
    )
    error.events = events
    return error


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
