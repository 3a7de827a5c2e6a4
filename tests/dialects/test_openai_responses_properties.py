"""What holds for any request, any stream and any bytes."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from openai_responses_samples import CHARGED, IDENTITY, events_of

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Event,
    Finish,
    FinishReason,
    ImageEvent,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    fold,
)
from modelport.dialects.openai_responses.errors import Malformed, StreamError, read_error
from modelport.dialects.openai_responses.request import Target, patch_request, read_request, write_request
from modelport.dialects.openai_responses.response import read_response, write_response
from modelport.dialects.openai_responses.stream import Reader, Writer
from modelport.errors import BadRequest

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
IDS = st.from_regex(r"[a-zA-Z0-9-]{1,12}", fullmatch=True)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)


def just(**fields: Any) -> st.SearchStrategy[Any]:
    """An object of these fields; what is no strategy is taken as it is."""
    known = {name: one if isinstance(one, st.SearchStrategy) else st.just(one) for name, one in fields.items()}
    return st.fixed_dictionaries(known)


# Requests, in the spelling that is written: a lone text is a string.

TEXTS = just(type="input_text", text=WORDS)
MEDIA = st.one_of(
    just(type="input_image", image_url="https://a.example/c.png", detail=st.sampled_from(["low", "high", "auto"])),
    just(type="input_image", image_url="data:image/png;base64,iVBORw0KGgo="),
    just(type="input_image", file_id=IDS),
    just(type="input_file", filename=IDS, file_data="data:application/pdf;base64,JVBERg=="),
    just(type="input_file", file_url="https://a.example/c.pdf"),
    just(type="input_file", file_id=IDS),
)
SOUND = just(type="input_audio", input_audio=just(data="AAAA", format="wav"))
CONTENT = WORDS | st.lists(TEXTS | MEDIA | SOUND, min_size=2, max_size=3)
ASKED = just(type="message", role=st.sampled_from(["user", "system", "developer"]), content=CONTENT)
SAID = just(type="message", role="assistant", content=WORDS)
CALLED = just(type="function_call", call_id=IDS, name=IDS, arguments=WORDS)
GIVEN = just(type="function_call_output", call_id=IDS, output=WORDS | st.lists(TEXTS | MEDIA, min_size=2, max_size=3))
THOUGHT = st.fixed_dictionaries(
    {"id": IDS.map("rs_{}".format), "type": st.just("reasoning"), "summary": st.lists(
        just(type="summary_text", text=WORDS), max_size=2)},
    optional={"encrypted_content": IDS, "content": st.lists(just(type="reasoning_text", text=WORDS), min_size=1,
                                                            max_size=2)},
)  # fmt: skip
SEARCH = just(type="web_search_call", id=IDS, status="completed", action=OBJECTS)
THEIRS = just(type="computer_call_output", call_id=IDS, output=OBJECTS)


def spaced(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two messages of the assistant never touch: they would become one."""
    out: list[dict[str, Any]] = []
    for item in items:
        if out and item.get("role") == "assistant" == out[-1].get("role"):
            continue
        out.append(item)
    return out


def unrepeated(items: list[dict[str, Any]]) -> bool:
    ids = [item["id"] for item in items if item["type"] == "reasoning"]
    return len(ids) == len(set(ids))


MODELLED = st.lists(ASKED | SAID | CALLED | GIVEN | THOUGHT | SEARCH, min_size=1, max_size=6).map(spaced)
FUNCTIONS = st.fixed_dictionaries(
    {"type": st.just("function"), "name": IDS, "parameters": OBJECTS, "strict": st.booleans()},
    optional={"description": WORDS},
)
FORMATS = st.one_of(
    just(type="text"),
    just(type="json_object"),
    st.fixed_dictionaries(
        {"type": st.just("json_schema"), "name": IDS, "schema": OBJECTS},
        optional={"strict": st.booleans(), "description": WORDS},
    ),
)
REQUESTS = st.fixed_dictionaries(
    {"model": st.just("m"), "input": MODELLED.filter(unrepeated), "store": st.just(False)},
    optional={
        "stream": st.just(True),
        "max_output_tokens": st.integers(1, 10**6),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "tools": st.lists(FUNCTIONS, min_size=1, max_size=2),
        "tool_choice": st.sampled_from(["auto", "none", "required"]) | just(type="function", name=IDS),
        "parallel_tool_calls": st.booleans(),
        "reasoning": st.fixed_dictionaries(
            {"effort": st.sampled_from(["none", "minimal", "low", "high", "xhigh"])},
            optional={"summary": st.just("auto")},
        ),
        "text": st.fixed_dictionaries({"format": FORMATS}, optional={"verbosity": st.just("low")}),
        "metadata": st.dictionaries(WORDS, WORDS, max_size=2),
        "service_tier": st.just("flex"),
        "user": WORDS,
    },
)


def bare(request: dict[str, Any]) -> dict[str, Any]:
    """Without what a caller of another dialect is given on top."""
    return {name: value for name, value in request.items() if name != "include"}


@given(REQUESTS, st.booleans())
def test_requests_come_back(asked: dict[str, Any], kept: bool) -> None:  # noqa: FBT001
    """With the caller's own words beside the meaning, or out of the meaning alone."""
    request = read_request(json.dumps(asked).encode())
    if not kept:
        request.extra = {}
    target = Target("m", stream=bool(asked.get("stream")))
    assert bare(json.loads(write_request(request, target))) == asked


@given(REQUESTS, st.lists(THEIRS, max_size=2), st.dictionaries(IDS.map("x_{}".format), JSON.filter(bool), max_size=2))
def test_unknown_things_survive(asked: dict[str, Any], items: list[Any], extra: dict[str, Any]) -> None:
    asked = {**asked, **extra, "input": [*asked["input"], *items]}
    body = json.dumps(asked).encode()
    target = Target("m", stream=bool(asked.get("stream")))
    assert json.loads(write_request(read_request(body), target)) == asked
    assert json.loads(patch_request(body, target)) == asked


@given(JSON | st.dictionaries(st.sampled_from(["model", "input", "tools", "tool_choice", "text", "reasoning"]), JSON))
def test_any_json_is_a_request_or_a_bad_one(asked: Any) -> None:
    with contextlib.suppress(BadRequest):
        write_request(read_request(json.dumps(asked).encode()), Target("m", stream=False))


ITEM_LIKE = st.dictionaries(
    st.sampled_from(["type", "role", "content", "output", "call_id", "name", "arguments", "summary", "id"]),
    JSON | st.sampled_from(["message", "function_call", "reasoning", "function_call_output", "user", "assistant"]),
    max_size=5,
)


@given(st.lists(ITEM_LIKE, max_size=3))
def test_any_items_are_a_request_or_a_bad_one(items: list[Any]) -> None:
    with contextlib.suppress(BadRequest):
        write_request(read_request(json.dumps({"input": items}).encode()), Target("m", stream=False))


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_in_words(body: bytes) -> None:
    with contextlib.suppress(BadRequest):
        read_request(body)
    with contextlib.suppress(Malformed):
        read_response(body)
    assert read_error(500, body)


# Events.

SCORE = Raw(b'{"token":"a","logprob":-1,"bytes":[97],"top_logprobs":[]}')
FORMS = st.sampled_from([None, "openai-responses-v1", "anthropic-claude-v1", "xai-responses-v1"])
CITED = st.builds(Annotation, url=WORDS, title=WORDS, start=st.integers(0, 9), end=st.integers(0, 9))


@st.composite
def blocks(draw: st.DrawFn, number: int) -> list[ReasoningDelta]:
    """The blocks of one item, in the order an item has them."""
    item_id, form = draw(st.none() | IDS.map(f"rs_{number}_{{}}".format)), draw(FORMS)
    kinds: list[tuple[Literal["text", "summary"], ...]] = [
        *(("summary",), ("summary", "summary"), ("text",), ("summary", "text")),
    ]
    out = [ReasoningDelta(0, kind, draw(WORDS), id=item_id, format=form) for kind in draw(st.sampled_from(kinds))]
    last = draw(st.sampled_from(["none", "data", "signature"]))
    if last == "data":
        out.append(ReasoningDelta(0, "encrypted", data=draw(IDS), id=item_id, format=form))
    elif last == "signature":
        out[-1].signature = draw(IDS)
    return out


@st.composite
def answers(draw: st.DrawFn) -> list[Event]:
    """An answer's events; each reasoning item has words after it, so that none without an id joins the next."""
    out: list[Event] = [Start("up", "m")]
    block = position = 0
    for kind in draw(st.lists(st.sampled_from(["text", "think", "call", "refuse", "cite", "see"]), max_size=6)):
        match kind:
            case "text":
                out += [TextDelta(draw(WORDS)), LogprobsDelta([SCORE]), TextDelta(draw(WORDS))]
            case "cite":
                out += [TextDelta(draw(WORDS)), AnnotationEvent(draw(CITED))]
            case "refuse":
                out += [RefusalDelta(draw(WORDS)), RefusalDelta(draw(WORDS))]
            case "see":
                out.append(ImageEvent("data:image/png;base64,AAAA"))
            case "think":
                for one in draw(blocks(block)):
                    one.block = block
                    block += 1
                    out.append(one)
                out.append(TextDelta(draw(WORDS)))
            case _:
                ids = [f"call_{position}", f"call_{position + 1}"]
                calls = [ToolCallDelta(position, "", ids[0], "a", draw(st.none() | IDS))]
                calls += [ToolCallDelta(position + 1, draw(WORDS), ids[1], "b")]
                out += [*calls, ToolCallDelta(position, draw(WORDS)), ToolCallDelta(position + 1, draw(WORDS))]
                position += 2
    ends = [FinishReason.TOOL_CALLS if position else FinishReason.STOP, FinishReason.LENGTH]
    out.append(Finish(draw(st.sampled_from([*ends, FinishReason.CONTENT_FILTER])), "x"))
    return out


def same(left: list[Event], right: list[Event]) -> None:
    before, after = fold(left).choices[0], fold(right).choices[0]
    assert after.parts == before.parts
    assert (after.images, after.logprobs) == (before.images, before.logprobs)
    assert before.finish is not None
    assert after.finish is not None
    assert after.finish.reason == before.finish.reason


@given(answers(), st.data())
def test_streams_come_back(events: list[Event], data: st.DataObject) -> None:
    """Whatever is written as events, in whatever batches, is read as the same."""
    writer, reader = Writer(IDENTITY), Reader()
    out, left = b"", list(events)
    while left:
        size = data.draw(st.integers(1, len(left)))
        out, left = out + writer.feed(left[:size]), left[size:]
    out += writer.end(CHARGED)
    read = [one for name, event in events_of(out.decode()) for one in reader.feed(name, event)]
    assert reader.done
    same(events, read + reader.finish())
    assert fold(read).usage is not None


@given(answers())
def test_whole_answers_come_back(events: list[Event]) -> None:
    same(events, read_response(write_response(fold(events), IDENTITY, CHARGED)))


KINDS = [
    *("response.created", "response.output_item.added", "response.output_item.done", "response.output_text.delta"),
    *("response.completed", "response.failed", "response.content_part.done", "response.output_text.annotation.added"),
    *("response.function_call_arguments.delta", "response.reasoning_summary_part.done", "error", "ping"),
]
FIELDS = ["item", "output_index", "content_index", "delta", "part", "annotation", "response", "error", "logprobs"]


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON | ITEM_LIKE), max_size=3), st.data())
def test_malformed_events_raise_one_error(events: list[dict[str, Any]], data: st.DataObject) -> None:
    reader = Reader()
    with contextlib.suppress(StreamError):
        for event in events:
            kind = data.draw(st.sampled_from(KINDS))
            reader.feed(kind.encode(), json.dumps({"type": kind, **event}).encode())
    with contextlib.suppress(StreamError):
        Reader().feed(b"", data.draw(st.binary(max_size=30)))
