"""What holds for any request, any stream and any bytes."""

from __future__ import annotations

import base64
import contextlib
import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from bedrock_converse_samples import CHARGED, ID, events_of
from hypothesis import given
from hypothesis import strategies as st
from known_models import aimed

from modelport.dialects.bedrock_converse.errors import Malformed, StreamError, read_error
from modelport.dialects.bedrock_converse.request import patch_request, read_request, write_request
from modelport.dialects.bedrock_converse.response import patch_response, read_response, read_usage, write_response
from modelport.dialects.bedrock_converse.stream import Patcher, Reader, Writer
from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Charged,
    Choice,
    Event,
    Finish,
    FinishReason,
    ReasoningDelta,
    Start,
    Text,
    TextDelta,
    ToolCallDelta,
    Usage,
    fold,
)
from modelport.errors import BadRequest
from modelport.kit.eventstream import encode

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
SAID = WORDS.filter(lambda text: bool(text.strip())).map(str.rstrip)
IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
BYTES = st.binary(min_size=1, max_size=9).map(lambda raw: base64.b64encode(raw).decode())
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)


def only(kind: str, inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({kind: inner})


def made(optional: dict[str, Any] | None = None, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields, optional=optional or {})


SOURCES = only("bytes", BYTES) | only(
    "s3Location", made({"bucketOwner": st.just("123456789012")}, uri=st.just("s3://b/c.png"))
)  # fmt: skip
POINTS = only("cachePoint", made({"ttl": st.sampled_from(["5m", "1h"])}, type=st.just("default")))
TEXTS = only("text", SAID)
IMAGES = only("image", made(format=st.sampled_from(["png", "jpeg", "gif", "webp"]), source=SOURCES))
DOCUMENTS = only(
    "document",
    made(
        {"format": st.sampled_from(["pdf", "csv", "docx", "md"]), "context": WORDS},
        name=IDS,
        source=SOURCES | only("text", WORDS) | only("content", st.lists(TEXTS, max_size=2)),
    ),
)
VIDEOS = only("video", made(format=st.sampled_from(["mp4", "three_gp", "mpg"]), source=SOURCES))
SOUNDS = only("audio", made(format=st.sampled_from(["mp3", "x-aac"]), source=SOURCES))
GUARDED = only("guardContent", only("text", made({"qualifiers": st.just(["query"])}, text=SAID)))
FOUND = only("searchResult", made(source=WORDS, title=WORDS, content=st.lists(TEXTS, max_size=2)))
RESULTS = only(
    "toolResult",
    made(
        {"status": st.sampled_from(["success", "error", "later"])},
        toolUseId=IDS,
        content=st.lists(TEXTS | IMAGES | DOCUMENTS | FOUND | only("json", OBJECTS), max_size=3),
    ),
)
CALLS = only("toolUse", made({"more": JSON}, toolUseId=IDS, name=IDS, input=OBJECTS))
SERVER_CALLS = only("toolUse", made(toolUseId=IDS, name=IDS, input=OBJECTS, type=st.just("server_tool_use")))
THOUGHTS = only(
    "reasoningContent",
    only("reasoningText", made({"signature": IDS}, text=WORDS)) | only("redactedContent", BYTES),
)
CITED = only("citationsContent", made(content=st.lists(TEXTS, max_size=2), citations=st.lists(OBJECTS, max_size=2)))
UNKNOWN = only("toolAddition", OBJECTS)
TURNS = st.lists(
    st.tuples(
        st.lists(
            RESULTS | TEXTS | IMAGES | DOCUMENTS | VIDEOS | SOUNDS | GUARDED | FOUND | POINTS, min_size=1, max_size=4
        ),
        st.lists(THOUGHTS | CALLS | SERVER_CALLS | CITED | UNKNOWN | TEXTS | POINTS, min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=2,
).map(
    lambda pairs: [
        {"role": role, "content": content}
        for pair in pairs
        for role, content in zip(("user", "assistant"), pair, strict=True)
    ]
)  # fmt: skip
TOOLS = st.lists(
    only(
        "toolSpec",
        made(
            {"description": WORDS, "strict": st.booleans(), "more": JSON},
            name=IDS,
            inputSchema=only("json", OBJECTS),
        ),
    )
    | only("systemTool", made(name=IDS))
    | POINTS,
    min_size=1,
    max_size=3,
)
CHOICES = st.sampled_from([{"auto": {}}, {"any": {}}, {"tool": {"name": "f"}}])
REQUESTS = made(
    {
        "system": st.lists(TEXTS | GUARDED | POINTS, min_size=1, max_size=3),
        "inferenceConfig": made(
            {"temperature": st.floats(0, 1), "topP": st.floats(0, 1), "stopSequences": st.just(["x"]), "more": JSON},
            maxTokens=st.integers(1, 10**6),
        ),
        "additionalModelRequestFields": OBJECTS
        | st.just({"thinking": {"type": "enabled", "budget_tokens": 2_000}, "top_k": 3}),
        "outputConfig": made(
            {"effort": st.just("low"), "more": JSON},
            textFormat=made(
                type=st.just("json_schema"),
                structure=only("jsonSchema", made({"name": IDS, "description": WORDS}, schema=OBJECTS.map(json.dumps))),
            ),
        ),
        "serviceTier": made({"more": JSON}, type=st.sampled_from(["priority", "flex", "default", "reserved"])),
        "performanceConfig": OBJECTS,
        "guardrailConfig": OBJECTS,
        "requestMetadata": OBJECTS,
        "later": JSON,
    },
    messages=TURNS,
    toolConfig=made({"toolChoice": CHOICES}, tools=TOOLS),
)


@given(REQUESTS)
def test_round_trip(body: dict[str, Any]) -> None:
    """A request is written as it was read, and a patched one does not differ at all."""
    raw = json.dumps(body).encode()
    request = read_request(raw, model=MODEL, stream=False)
    target = aimed("bedrock_converse", MODEL)
    assert json.loads(write_request(request, target)) == body
    assert json.loads(patch_request(raw, target)) == body


FIELD = st.sampled_from([
    "messages", "system", "inferenceConfig", "toolConfig", "additionalModelRequestFields", "outputConfig",
    "serviceTier", "guardrailConfig", "user",
])  # fmt: skip


@given(
    st.dictionaries(FIELD, JSON), st.sampled_from([{}, {"messages": [{"role": "user", "content": [{"text": "x"}]}]}])
)
def test_any_request_is_read_or_refused(body: dict[str, Any], base: dict[str, Any]) -> None:
    with contextlib.suppress(BadRequest):
        read_request(json.dumps({**base, **body}).encode(), model=MODEL, stream=False)


KINDS = [
    "text", "image", "document", "video", "audio", "toolUse", "toolResult", "reasoningContent", "citationsContent",
    "guardContent", "searchResult", "cachePoint", "later",
]  # fmt: skip
INNER = st.dictionaries(
    st.sampled_from(["source", "format", "name", "input", "toolUseId", "content", "status", "type", "ttl", "text"]),
    JSON | SOURCES | st.lists(TEXTS, max_size=2),
)
BLOCK = st.dictionaries(st.sampled_from(KINDS), JSON | INNER, max_size=2)


@given(st.lists(BLOCK, max_size=3), st.sampled_from(["user", "assistant", "system"]))
def test_any_block_is_read_or_refused(blocks: list[Any], role: str) -> None:
    body = {"messages": [{"role": role, "content": blocks}]}
    with contextlib.suppress(BadRequest):
        request = read_request(json.dumps(body).encode(), model=MODEL, stream=False)
        write_request(request, aimed("bedrock_converse", MODEL))


SETTING = st.sampled_from(["maxTokens", "tools", "toolChoice", "textFormat", "structure", "thinking", "top_k", "type"])
SETTINGS = st.dictionaries(SETTING, JSON | st.dictionaries(SETTING, JSON))


@given(st.dictionaries(FIELD, SETTINGS))
def test_any_settings_are_read_or_refused(fields: dict[str, Any]) -> None:
    body = {**fields, "messages": [{"role": "user", "content": [{"text": "x"}]}]}
    with contextlib.suppress(BadRequest):
        request = read_request(json.dumps(body).encode(), model=MODEL, stream=False)
        write_request(request, aimed("bedrock_converse", MODEL))


@given(st.binary(max_size=60) | st.sampled_from([b"[" * 100_000, b'{"output":' * 5_000, b'{"a":"\xff"}', b"null", b""]))
def test_any_bytes(raw: bytes) -> None:
    """Nothing but the announced errors comes out, whatever goes in."""
    with pytest.raises(BadRequest):
        read_request(raw, model="m", stream=False)
    with pytest.raises(Malformed):
        read_response(raw)
    with pytest.raises(Malformed):
        patch_response(raw, ID, CHARGED, without_reasoning=True)
    assert read_error(500, raw) or not raw
    assert read_usage(raw) is None
    for name in (b"messageStart", b"contentBlockStart", b"contentBlockDelta", b"messageStop", b"metadata", b"error"):
        # Bytes that happen to be an object are an event that says nothing; only an error is one by its name.
        with contextlib.nullcontext() if name != b"error" and _is_object(raw) else pytest.raises(StreamError):
            Reader().feed(name, raw)
        Patcher(ID, without_reasoning=True).feed(name, raw)


def _is_object(raw: bytes) -> bool:
    """As events are read: what nobody asks for is skipped, whatever it holds."""
    try:
        msgspec.json.decode(raw, type=msgspec.Struct)
    except (ValueError, RecursionError):
        return False
    return True


@pytest.mark.parametrize(
    "body", [b'{"message":"no"}', b'{"Output":{"__type":"x"},"Version":"1.0"}', b"<html></html>", b'{"output":{"mess']
)
def test_no_answers(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_response(body)


NAMES = st.sampled_from([
    b"messageStart", b"contentBlockStart", b"contentBlockDelta", b"contentBlockStop", b"messageStop", b"metadata",
    b"later", b"throttlingException",
])  # fmt: skip
PIECES = st.dictionaries(
    st.sampled_from(["text", "reasoningContent", "toolUse", "toolResult", "citation", "image"]),
    JSON | st.dictionaries(st.sampled_from(["text", "input", "signature", "redactedContent", "source", "type"]), JSON),
    max_size=2,
)
EVENT = st.dictionaries(
    st.sampled_from(["contentBlockIndex", "start", "delta", "usage", "stopReason", "message"]), JSON | PIECES
)


@given(st.lists(st.tuples(NAMES, EVENT), max_size=5))
def test_any_event(events: list[tuple[bytes, Any]]) -> None:
    reader = Reader()
    for name, event in events:
        with contextlib.suppress(StreamError):
            fold(reader.feed(name, json.dumps(event).encode()))
    reader.finish()


@pytest.mark.parametrize(
    ("name", "data", "code", "words"),
    [
        (b"throttlingException", b'{"message":"slow"}', 429, "slow"),
        (b"validationException", b'{"Message":"bad"}', 400, "bad"),
        (b"modelStreamErrorException", b'{"originalMessage":"x","originalStatusCode":503}', 503, "x"),
        (b"laterException", b"", "laterException", "laterException"),
        (b"error", b'{"code":"Broken","message":"it broke"}', "Broken", "it broke"),
    ],
)
def test_exceptions(name: bytes, data: bytes, code: object, words: str) -> None:
    with pytest.raises(StreamError) as caught:
        Reader().feed(name, data)
    assert (caught.value.code, caught.value.message) == (code, words)


def _answer(blocks: list[tuple[str, list[str]]]) -> list[Event]:
    """An answer of this dialect's own kinds, as events."""
    events: list[Event] = [Start()]
    calls = thoughts = length = 0
    own = "anthropic-claude-v1"
    for kind, pieces in blocks:
        whole = "".join(pieces)
        if kind in {"text", "cited"}:
            events += [TextDelta(piece) for piece in pieces]
            if kind == "cited":
                raw = json.dumps({"location": {"web": {"url": "https://a.example"}}}).encode()
                cited = read_response(
                    b'{"output":{"message":{"content":[{"citationsContent":{"citations":[%s]}}]}}}' % raw
                )
                mark = next(event for event in cited if isinstance(event, AnnotationEvent)).annotation
                events.append(
                    AnnotationEvent(Annotation(mark.url, start=length, end=length + len(whole), raw=mark.raw))
                )
            length += len(whole)
        elif kind == "call":
            text = json.dumps({"a": whole})
            events += [ToolCallDelta(calls, "", f"id{calls}", "f"), ToolCallDelta(calls, text[:3])]
            events.append(ToolCallDelta(calls, text[3:]))
            calls += 1
        else:
            if kind == "hidden":
                events.append(ReasoningDelta(thoughts, "encrypted", data=whole, format=own))
            elif kind == "sealed":
                data = json.dumps({"guardContent": {"x": whole}}, separators=(",", ":"), ensure_ascii=False)
                events.append(ReasoningDelta(thoughts, "encrypted", data=data, format="bedrock-block-v1"))
            else:
                events += [ReasoningDelta(thoughts, "text", piece) for piece in pieces]
                if kind == "signed":
                    events.append(ReasoningDelta(thoughts, "text", signature="sig", format=own))
            thoughts += 1
    return [*events, Finish(FinishReason.STOP, "end_turn")]


ANSWERS = st.lists(
    st.tuples(
        st.sampled_from(["text", "cited", "call", "signed", "unsigned", "hidden", "sealed"]),
        st.lists(WORDS, min_size=1, max_size=3),
    ),
    max_size=5,
).map(_answer)
USAGES = st.tuples(*[st.integers(0, 10**6)] * 5).map(
    lambda n: Usage(
        prompt_tokens=sum(n[:4]),
        cached_tokens=n[1],
        cache_write_tokens=n[2] + n[3],
        cache_write_1h_tokens=n[3],
        completion_tokens=n[4],
    )
)


def _plain(choices: list[Choice]) -> list[Choice]:
    """Without texts of nothing, and without where a citation begins: words that were sent can't be cut any more."""
    for choice in choices:
        choice.parts = [part for part in choice.parts if not isinstance(part, Text) or part.text]
        for part in choice.parts:
            if isinstance(part, Text):
                # Copies: the events whose annotations these are will be written once more.
                part.annotations = [msgspec.structs.replace(each, start=None) for each in part.annotations]
    return choices


def _read(events: list[tuple[bytes, bytes]]) -> list[Event]:
    reader = Reader()
    read = [event for name, data in events for event in reader.feed(name, data)]
    assert reader.done
    return read


@given(ANSWERS, USAGES, st.randoms(use_true_random=False))
def test_what_is_written_reads_the_same(events: list[Event], usage: Usage, random: Any) -> None:
    """Writer to reader, however the events are cut up; whole answers alike; and so through a patcher."""
    charged = Charged(usage, 5, 3, 2)
    writer = Writer(ID)
    cuts = sorted(random.sample(range(len(events) + 1), k=min(2, len(events))))
    pieces = [events[: cuts[0]], events[cuts[0] : cuts[-1]], events[cuts[-1] :]]
    body = b"".join(writer.feed(piece) for piece in pieces) + writer.end(charged)
    sent = events_of(body)
    expected = _plain(fold(events).choices)
    read = fold(_read(sent))
    assert _plain(read.choices) == expected
    assert read.usage == usage
    again = fold(read_response(write_response(fold(events), ID, charged)))
    assert again.usage == usage
    assert _plain(again.choices) == expected
    patcher = Patcher(ID, without_reasoning=False)
    patched = fold(_read(events_of(b"".join(patcher.feed(*event) for event in sent) + patcher.end(CHARGED))))
    assert patched.usage == CHARGED.usage
    assert _plain(patched.choices) == expected


@given(ANSWERS)
def test_nothing_of_the_end_comes_before_it(events: list[Event]) -> None:
    """The bill is settled first; and after a failure comes its exception, and nothing else."""
    writer = Writer(ID)
    body = writer.feed(events)
    names = [name for name, _ in events_of(body)]
    assert not {b"messageStop", b"metadata"} & set(names)
    assert events_of(writer.fail(ValueError("secret")))[-1][0] == b"internalServerException"
    patcher = Patcher(ID, without_reasoning=False)
    ended = [*events_of(body), (b"messageStop", b'{"stopReason":"end_turn"}'), (b"metadata", b"{}")]
    assert b"".join(patcher.feed(*event) for event in ended) == body
    assert events_of(patcher.fail(ValueError("secret")))[-1][0] == b"internalServerException"


@given(ANSWERS, OBJECTS)
def test_a_patched_stream_keeps_what_is_unknown(events: list[Event], more: dict[str, Any]) -> None:
    """Events and fields that we have no words for; without reasoning nothing else is missing."""
    writer = Writer(ID)
    sent = events_of(writer.feed(events) + writer.end(CHARGED))
    unknown = (b"later", json.dumps(more).encode())
    stop = (b"messageStop", json.dumps({"stopReason": "end_turn", "z": more}).encode())
    metadata = (b"metadata", json.dumps({"usage": {"z": more}, "z": more}).encode())
    for hiding in (False, True):
        patcher = Patcher(ID, without_reasoning=hiding)
        fed = b"".join(patcher.feed(*event) for event in [*sent[:-2], unknown, stop, metadata])
        *middle, last, figures = events_of(fed + patcher.end(CHARGED))
        assert last == stop
        told = json.loads(figures[1])
        assert (told["z"], told["usage"]["z"], told["usage"]["inputTokens"]) == (more, more, 60)
        assert middle[-1] == unknown
        if hiding:
            assert not any(b'"reasoningContent"' in data and b'"delta"' in data for _, data in middle)
            left = fold(_read([*middle, last, figures])).choices[0].parts
            kept = [event for event in events if not isinstance(event, ReasoningDelta) or event.format == SEALED]
            assert [type(part) for part in left] == [type(part) for part in _plain(fold(kept).choices)[0].parts]
        else:
            assert middle == [*sent[:-2], unknown]


SEALED = "bedrock-block-v1"


@given(OBJECTS)
def test_a_patched_answer_keeps_what_is_unknown(more: dict[str, Any]) -> None:
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm."}}}
    text = {"text": "so", "z": more}
    message = {"role": "assistant", "content": [thought, text], "z": more}
    body = {"output": {"message": message, "z": more}, "usage": {"z": more}, "z": more, "stopReason": "end_turn"}
    raw = json.dumps(body).encode()
    patched = json.loads(patch_response(raw, ID, CHARGED, without_reasoning=False))
    told = patched.pop("usage")
    assert (told["z"], told["inputTokens"], told["cost"]) == (more, 60, 5 / 10**9)
    assert patched == {name: value for name, value in body.items() if name != "usage"}
    shown = json.loads(patch_response(raw, ID, CHARGED, without_reasoning=True))
    assert shown["output"] == {"message": {**message, "content": [text]}, "z": more}


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_pieces_of_a_picture(raw: bytes, cuts: list[int]) -> None:
    """Each piece is base64 of its own."""
    edges = [0, *sorted(min(at, len(raw)) for at in cuts), len(raw)]
    reader = Reader()
    events: list[Event] = reader.feed(
        b"contentBlockStart", b'{"start":{"image":{"format":"webp"}},"contentBlockIndex":0}'
    )
    for start, end in pairwise(edges):
        piece = base64.b64encode(raw[start:end]).decode()
        delta = {"contentBlockIndex": 0, "delta": {"image": {"source": {"bytes": piece}}}}
        events += reader.feed(b"contentBlockDelta", json.dumps(delta).encode())
    events += reader.feed(b"contentBlockStop", b'{"contentBlockIndex":0}')
    assert fold(events).choices[0].images == ["data:image/webp;base64," + base64.b64encode(raw).decode()]


def test_an_unframed_name_stays() -> None:
    """The framing of this dialect is that of its samples."""
    assert events_of(encode({":event-type": "ping"}, b"{}")) == [(b"ping", b"{}")]
    assert Reader().feed(b"ping", b"{}") == []
