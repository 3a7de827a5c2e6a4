"""An answer on its way from any provider's dialect to any caller's keeps its words, calls, reasoning and usage.

chat -> X -> chat: what a provider of chat completions answers is written for a caller of X; the same bytes, had a
provider of X sent them, are read again and written as chat completions.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.dialects.canonical import (
    Charged,
    Event,
    Finish,
    FinishReason,
    Identity,
    Reasoning,
    ReasoningDelta,
    Request,
    Start,
    Target,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageEvent,
    fold,
)
from modelport.gateway.dialect_table import DIALECTS
from modelport.upstream import eventstream, sse

if TYPE_CHECKING:
    from modelport.dialects.canonical import Output

ME = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)
TARGET = Target("m", stream=True)
NOBODY = Request(model="m", messages=[])
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda text: text.strip() != ""
)
VALUES = st.dictionaries(WORDS, st.integers(-(2**40), 2**40) | WORDS | st.booleans(), max_size=3)
USAGES = st.tuples(*[st.integers(0, 10**6)] * 4).map(
    lambda n: Usage(prompt_tokens=n[0] + n[1], cached_tokens=n[1], completion_tokens=n[2] + n[3], reasoning_tokens=n[3])
)


@st.composite
def answers(draw: st.DrawFn) -> list[Event]:
    """Reasoning, words, and calls, in pieces."""
    events: list[Event] = [Start()]
    events += [ReasoningDelta(0, "text", piece) for piece in draw(st.lists(WORDS, max_size=3))]
    events += [TextDelta(piece) for piece in draw(st.lists(WORDS, max_size=3))]
    calls = draw(st.lists(VALUES, max_size=2))
    for at, values in enumerate(calls):
        text = json.dumps(values)
        cut = draw(st.integers(0, len(text)))
        events += [ToolCallDelta(at, "", f"call_{at}", f"f{at}"), ToolCallDelta(at, text[:cut])]
        events.append(ToolCallDelta(at, text[cut:]))
    reason = FinishReason.TOOL_CALLS if calls else FinishReason.STOP
    return [*events, Finish(reason, reason.value), UsageEvent(draw(USAGES))]


def read(name: str, body: bytes) -> list[Event]:
    decoder = eventstream.Reader(1 << 20) if name == "bedrock_converse" else sse.Reader(1 << 20)
    reader = DIALECTS[name].reader(TARGET)
    framed = [*decoder.feed(body), *decoder.finish()]
    return [event for each in framed for event in reader.feed(each.event, each.data)]


def through(name: str, events: list[Event], *, stream: bool) -> list[Event]:
    """`events` as a caller of `name` gets them, read again."""
    usage = next((event.usage for event in reversed(events) if isinstance(event, UsageEvent)), Usage())
    charged, spoken = Charged(usage, 3, 1, 2), DIALECTS[name]
    if not stream:
        return spoken.read_response(spoken.write_response(fold(events), ME, charged, NOBODY), TARGET)
    writer = spoken.writer(ME, NOBODY)
    return read(name, b"".join([*(writer.feed([event]) for event in events), writer.end(charged)]))


def said(output: Output) -> tuple[str, str, list[tuple[str, object]]]:
    parts = output.choices[0].parts if output.choices else []
    return (
        "".join(part.text for part in parts if isinstance(part, Text)),
        "".join(part.text for part in parts if isinstance(part, Reasoning)),
        [(part.name, json.loads(part.arguments)) for part in parts if isinstance(part, ToolCall)],
    )


NOT_TOLD = {"bedrock_converse": {"reasoning_tokens"}}


NO_ROOM = {"openai_completions": {"calls"}}
"""What a dialect has no field for: text completions are words and thoughts."""


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", DIALECTS)
@given(events=answers())
def test_chat_and_back(name: str, events: list[Event], *, stream: bool) -> None:
    chat = through("openai_chat", events, stream=stream)
    there = through(name, chat, stream=stream)
    back = fold(through("openai_chat", there, stream=stream))
    text, reasoning, calls = said(fold(events))
    assert said(back) == (text, reasoning, [] if "calls" in NO_ROOM.get(name, set()) else calls)
    before, after = fold(events).usage, back.usage
    assert before is not None
    assert after is not None
    for figure in ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens"):
        if figure not in NOT_TOLD.get(name, set()):
            assert getattr(after, figure) == getattr(before, figure), figure


@pytest.mark.parametrize("name", DIALECTS)
@given(events=answers(), cuts=st.lists(st.integers(0, 5_000), max_size=4))
def test_a_stream_cut_anywhere_reads_the_same(name: str, events: list[Event], cuts: list[int]) -> None:
    spoken = DIALECTS[name]
    writer = spoken.writer(ME, NOBODY)
    body = b"".join([*(writer.feed([event]) for event in events), writer.end(Charged(Usage(), 0, 0, 0))])
    decoder = eventstream.Reader(1 << 20) if name == "bedrock_converse" else sse.Reader(1 << 20)
    reader, found = spoken.reader(TARGET), list[Event]()
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    for start, end in pairwise(edges):
        for each in decoder.feed(body[start:end]):
            found += reader.feed(each.event, each.data)
    for each in decoder.finish():
        found += reader.feed(each.event, each.data)
    assert found == read(name, body)
