"""Answers that no documentation foresees: whatever one value is changed into, nothing is lost that was there.

Every dialect's own answer (as we write it for its callers, which is as its providers send it) is read again with one
value changed, at every place and in every way; then written for every caller, and patched for one of the same dialect.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from replay_mutations import FUTURE, Change, Document, all_changes, carries, documents, read, said, used, with_change

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Charged,
    Event,
    Finish,
    FinishReason,
    Identity,
    Output,
    ReasoningDelta,
    Request,
    Start,
    Target,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageEvent,
    fold,
)
from modelport.gateway.dialect_table import DIALECTS, FAULTS
from modelport.gateway.passage import Patched, SameChat, Way

ME = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)
NOBODY = Request(model="m", messages=[])
TOLD = Usage(prompt_tokens=40, completion_tokens=30, cached_tokens=10, reasoning_tokens=5)
CHARGED = Charged(TOLD, 3, 1, 2)
ANSWER: list[Event] = [
    Start("up-1", "up-model"),
    ReasoningDelta(0, "text", "Pondering "),
    ReasoningDelta(0, "text", "deeply.", "c2ln", format="anthropic-claude-v1"),
    TextDelta("Spoken "),
    TextDelta("aloud."),
    AnnotationEvent(Annotation("https://source.example", "Source", "quoted", 0, 6)),
    ToolCallDelta(0, "", "call_a", "weather"),
    ToolCallDelta(0, '{"city":'),
    ToolCallDelta(0, '"Paris"}'),
    ToolCallDelta(1, '{"zone":"UTC"}', "call_b", "clock"),
    Finish(FinishReason.TOOL_CALLS, "tool_calls"),
    UsageEvent(TOLD),
]

each_way = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def answer(dialect: str, *, stream: bool) -> list[Document]:
    """The answer as a provider of the dialect sends it."""
    spoken = DIALECTS[dialect]
    if not stream:
        return documents(dialect, spoken.write_response(fold(ANSWER), ME, CHARGED, NOBODY), stream=False)
    writer = spoken.writer(ME, NOBODY)
    body = b"".join([*(writer.feed([event]) for event in ANSWER), writer.end(CHARGED)])
    return documents(dialect, body, stream=True)


def passed_on(dialect: str, sent: list[Document], *, stream: bool, without_reasoning: bool) -> None:
    """A caller of the same dialect gets it, by the way it takes in service. Raises what that raises."""
    way = same_way(dialect, without_reasoning=without_reasoning)
    if stream:
        for one in sent:
            way.feed(one.name, one.data())
        way.end(CHARGED)
    else:
        way.read_whole(sent[0].data())
        way.whole(CHARGED)


def same_way(dialect: str, *, without_reasoning: bool) -> SameChat | Patched:
    spoken, target = DIALECTS[dialect], Target("m", stream=True)
    if spoken.same is None:
        return SameChat(ME, without_reasoning=without_reasoning)

    def whole(body: bytes) -> list[Event]:
        return spoken.read_response(body, target)

    def written(output: Output, charged: Charged) -> bytes:
        return spoken.write_response(output, ME, charged, NOBODY)

    way = Way(spoken.reader(target), spoken.writer(ME, NOBODY), whole, written)
    return Patched(way, spoken.same, ME, without_reasoning=without_reasoning)


@each_way
@each_dialect
def test_one_value_changed(dialect: str, *, stream: bool) -> None:
    """Only the dialect's own fault is raised, and that only where the words themselves can't be found any more."""
    whole = answer(dialect, stream=stream)
    before = said(read(dialect, whole, stream=stream))
    assert before.text == "Spoken aloud."
    for tried, (number, place, change) in enumerate(_some(all_changes(whole))):
        changed = with_change(whole, number, place, change)
        if changed is None:
            continue
        carried = carries(whole[number].fields, place, before)
        try:
            events = read(dialect, changed, stream=stream)
            passed_on(dialect, changed, stream=stream, without_reasoning=tried % 2 == 0)
        except FAULTS:
            assert carried, f"{place} {change}: all of it is lost"
            continue
        assert carried or said(events) == before, f"{place} {change}"


def _some(every: list[Change]) -> list[Change]:
    """About a thousand of them, in all ways of changing: the steps have no factor in common with those."""
    step = next(step for step in (1, 3, 7, 11, 13) if len(every) / step < 1_200)
    return every[::step]


@each_way
@each_dialect
def test_what_is_yet_to_come(dialect: str, *, stream: bool) -> None:
    """Unknown fields, parts and events change nothing."""
    whole = answer(dialect, stream=stream)
    events = read(dialect, whole, stream=stream)
    before, told = said(events), used(events)
    for changed in _with_news(whole, stream=stream):
        events = read(dialect, changed, stream=stream)
        assert (said(events), used(events)) == (before, told)
        for without_reasoning in (False, True):
            passed_on(dialect, changed, stream=stream, without_reasoning=without_reasoning)


def _with_news(whole: list[Document], *, stream: bool) -> list[list[Document]]:
    changed: list[list[Document]] = []
    for number, one in enumerate(whole):
        if stream:
            changed.append([*whole[:number], Document(b"", dict(FUTURE)), *whole[number:]])
            changed.append([*whole[:number], Document(b"from_the_future", dict(FUTURE)), *whole[number:]])
        if not isinstance(one.fields, bytes):
            fields = deepcopy(one.fields)
            _add_fields(fields)
            changed.append([*whole[:number], Document(one.name, fields), *whole[number + 1 :]])
    return changed


def _add_fields(value: Any) -> None:
    """An unknown field into every object, but for arguments, which are the model's."""
    if isinstance(value, list):
        for inner in value:
            _add_fields(inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in {"input", "args"}:
                _add_fields(inner)
        if "text" not in value or len(value) > 1:
            value["x_from_the_future"] = {"a": [1, None]}
