"""What holds for any request, any stream and any bytes."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from gemini_samples import CHARGED, ID, events_of, normal
from hypothesis import given
from hypothesis import strategies as st

from modelport.dialects.canonical import (
    Event,
    Finish,
    FinishReason,
    ReasoningDelta,
    Start,
    Target,
    TextDelta,
    ToolCallDelta,
    fold,
)
from modelport.dialects.gemini.errors import Malformed, StreamError, read_error
from modelport.dialects.gemini.request import patch_request, read_count_tokens, read_request, write_request
from modelport.dialects.gemini.response import patch_response, read_response, write_response
from modelport.dialects.gemini.stream import ArrayPatcher, ArrayWriter, Patcher, Reader, Writer
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.dialects.canonical import Output

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True).filter(lambda text: not text.startswith("call_unnamed"))
BASE64 = st.binary(min_size=1, max_size=12).map(lambda data: base64.b64encode(data).decode())
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)
FULL = st.dictionaries(WORDS, JSON, min_size=1, max_size=3)


def shape(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=optional)


TEXTS = shape({"text": WORDS}, partMetadata=FULL)
SIGNED = shape({"text": WORDS, "thoughtSignature": BASE64})
THOUGHTS = shape({"text": WORDS, "thought": st.just(value=True), "thoughtSignature": BASE64})
KINDS = st.sampled_from(["image/png", "audio/wav", "audio/x-odd", "video/mp4", "application/pdf", "text/plain"])
BLOBS = shape({"inlineData": shape({"mimeType": KINDS, "data": BASE64}, displayName=WORDS)}, mediaResolution=FULL)
FILES = shape({"fileData": shape({"fileUri": st.just("gs://b/o"), "mimeType": KINDS})}, videoMetadata=FULL)
CODE = shape({"executableCode": shape({"code": WORDS, "language": st.just("PYTHON")})}, thoughtSignature=BASE64)
TURNS = st.lists(
    st.tuples(
        st.lists(TEXTS | BLOBS | FILES, min_size=1, max_size=3),
        st.lists(SIGNED | THOUGHTS | CODE | TEXTS, min_size=1, max_size=3),
        st.lists(st.tuples(IDS, BASE64, OBJECTS, OBJECTS), max_size=3, unique_by=lambda each: each[0]),
    ),
    min_size=1,
    max_size=2,
)


def contents_of(turns: list[Any]) -> list[Any]:
    """A conversation: what is asked, what is answered with calls, and their results."""
    contents: list[Any] = []
    for asked, said, calls in turns:
        contents += [{"role": "user", "parts": asked}, {"role": "model", "parts": list(said)}]
        for name, signature, args, _ in calls:
            call = {"functionCall": {"id": f"{name}{len(contents)}", "name": name, "args": args}}
            contents[-1]["parts"].append(call | {"thoughtSignature": signature})
        if calls:
            results = [
                {"functionResponse": {"id": f"{name}{len(contents)}", "name": name, "response": response}}
                for name, _, _, response in calls
            ]
            contents.append({"role": "user", "parts": results})
    return contents


def tools_of(functions: list[Any]) -> list[dict[str, Any]]:
    return [{"functionDeclarations": functions}, {"googleSearch": {}}]


TOOLS = st.lists(
    shape({"name": IDS}, description=WORDS, parametersJsonSchema=FULL, response=FULL), min_size=1, max_size=3
).map(tools_of)
REQUESTS = shape(
    {"contents": TURNS.map(contents_of)},
    systemInstruction=st.lists(TEXTS, min_size=1, max_size=2).map(lambda parts: {"parts": parts}),
    tools=TOOLS,
    toolConfig=st.sampled_from(
        [
            {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f", "g"]}},
            {"functionCallingConfig": {"mode": "VALIDATED"}, "includeServerSideToolInvocations": True},
        ]
    ),
    generationConfig=shape(
        {"temperature": st.floats(0, 2)},
        topP=st.floats(0, 1),
        topK=st.integers(1, 500),
        maxOutputTokens=st.integers(1, 10**6),
        stopSequences=st.lists(WORDS, min_size=1, max_size=3),
        candidateCount=st.integers(1, 8),
        seed=st.integers(-(2**31), 2**31 - 1),
        thinkingConfig=st.sampled_from([{"thinkingBudget": -1}, {"thinkingLevel": "high", "includeThoughts": True}]),
        speechConfig=FULL,
        newField=FULL,
    ),
    safetySettings=st.lists(FULL, min_size=1, max_size=2),
    cachedContent=WORDS,
    labels=FULL,
)


@given(REQUESTS)
def test_round_trip(body: dict[str, Any]) -> None:
    """Reading and writing give the request back, through the shared vocabulary and patched alike."""
    raw = json.dumps(body).encode()
    target = Target("gemini-3-flash", stream=False)
    assert normal(json.loads(write_request(read_request(raw, model="m", stream=False), target))) == normal(body)
    assert json.loads(patch_request(raw, target)) == body


def whole_call(position: int, call_id: str, name: str, args: Any, cut: int) -> list[Event]:
    text = json.dumps(args)
    cut = min(cut, len(text))
    return [
        ToolCallDelta(position, text[:cut], call_id, name),
        ToolCallDelta(position, text[cut:], signature="c2ln"),
    ]


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """What one answer may consist of; blocks of thought are told apart by their signatures."""
    events: list[Event] = [Start("r", "m")]
    block = position = 0
    for kind in draw(
        st.lists(st.sampled_from(["text", "thought", "signature", "foreign", "block", "call"]), max_size=8)
    ):
        words = draw(st.lists(WORDS, min_size=1, max_size=3))
        match kind:
            case "text":
                events += [TextDelta(each) for each in words]
            case "call":
                events += whole_call(position, f"c{position}", draw(IDS), draw(OBJECTS), draw(st.integers(0, 30)))
                position += 1
                continue
            case "thought":
                events += [ReasoningDelta(block, "text", each, format="google-gemini-v1") for each in words]
                events.append(ReasoningDelta(block, "text", signature="c2ln", format="google-gemini-v1"))
            case "signature":
                data = draw(BASE64)
                events.append(ReasoningDelta(block, "encrypted", data=data, format="google-gemini-v1"))
            case "foreign":
                events += [
                    ReasoningDelta(block, "summary", each, id="rs", format="openai-responses-v1") for each in words
                ]
            case _:
                data = json.dumps({"toolCall": draw(OBJECTS)})
                events.append(ReasoningDelta(block, "encrypted", data=data, format="gemini-block-v1"))
        block += kind != "text"
    return [*events, Finish(FinishReason.TOOL_CALLS if position else FinishReason.STOP, "STOP")]


def said(output: Output) -> list[Any]:
    """The parts of an answer; a call's arguments by what they say."""
    parts: list[Any] = []
    for part in output.choices[0].parts:
        known: dict[str, Any] = {name: getattr(part, name) for name in part.__struct_fields__}
        if "arguments" in known:
            known["arguments"] = json.loads(known["arguments"])
        if known.get("format") == "gemini-block-v1":
            known["data"] = json.loads(known["data"])
        known.pop("index", None)
        parts.append(known)
    return parts


def asked_back(body: bytes) -> list[Any]:
    """The parts of a written answer when a caller sends them back."""
    answer = json.loads(body)
    turns = [{"role": "user", "parts": [{"text": "hi"}]}, answer["candidates"][0]["content"]]
    parts = read_request(json.dumps({"contents": turns}).encode(), model="m", stream=False).messages[1].parts
    from modelport.dialects.canonical import Choice, Output

    return said(Output([Choice(parts)]))


@given(streams(), st.integers(1, 9))
def test_streams(events: list[Event], size: int) -> None:
    """A written stream reads the same, cut into any batches, as events and as a list; so does the whole answer."""
    writer, array = Writer(ID), ArrayWriter(ID)
    batches = [events[at : at + size] for at in range(0, len(events), size)]
    sent = b"".join(writer.feed(batch) for batch in batches)
    assert b"finishReason" not in sent
    listed = b"".join(array.feed(batch) for batch in batches) + array.end(CHARGED)
    reader = Reader()
    read = [event for name, data in events_of(sent + writer.end(CHARGED)) for event in reader.feed(name, data)]
    output = fold(events)
    expected = plain(said(output))
    assert plain(said(fold(read))) == expected
    assert plain(said(fold(read_response(listed)))) == expected
    body = write_response(output, ID, CHARGED)
    assert plain(said(fold(read_response(body)))) == expected
    if output.choices[0].parts:
        assert asked_back(body) == said(output)


def plain(parts: list[Any]) -> list[Any]:
    """Parts as a reader of answers knows them: foreign thoughts are Google's there, with a signature."""
    done: list[Any] = []
    for part in parts:
        if part.get("format") == "openai-responses-v1" or (part.get("signature") or "").startswith("b3Blb"):
            done.append(("foreign", part["text"]))
        else:
            done.append(part)
    return done


@given(FULL, st.booleans())
def test_patching_keeps_what_is_not_known(extra: dict[str, Any], without_reasoning: bool) -> None:  # noqa: FBT001
    """Fields that nobody knows stay in chunks, candidates and parts, of streams and of whole answers."""
    unknown = {f"x{name}": value for name, value in extra.items()}
    first = {"candidates": [{"content": {"parts": [{"text": "a"} | unknown]}} | unknown]} | unknown
    last = {"candidates": [{"finishReason": "STOP"} | unknown], "usageMetadata": {"promptTokenCount": 1} | unknown}
    patcher = Patcher(ID, without_reasoning=without_reasoning)
    array = ArrayPatcher(ID, without_reasoning=without_reasoning)
    raws = [json.dumps(each, indent=1).encode() for each in (first, last)]
    sent = b"".join(patcher.feed(b"", raw) for raw in raws) + patcher.end(CHARGED)
    listed = b"".join(array.feed(b"", raw) for raw in raws) + array.end(CHARGED)
    chunks = [json.loads(data) for _, data in events_of(sent)]
    assert chunks == json.loads(listed)
    assert chunks[0]["candidates"] == first["candidates"]
    assert chunks[1]["candidates"] == last["candidates"]
    assert {name: chunks[0][name] for name in unknown} == unknown
    assert {**chunks[1]["usageMetadata"], **unknown} == chunks[1]["usageMetadata"]
    whole = json.loads(patch_response(raws[0], ID, CHARGED, without_reasoning=without_reasoning))
    assert whole["candidates"] == first["candidates"]
    assert {name: whole[name] for name in unknown} == unknown


ODD = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())
SHAPED = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("contents", "candidates", "error", "tools", "toolConfig", "generationConfig", "usageMetadata"), JSON
    ),
).map(lambda value: json.dumps(value).encode())


@given(ODD | SHAPED)
def test_any_bytes(body: bytes) -> None:
    """Nothing but the faults that are promised comes out of bytes of any kind."""
    with contextlib.suppress(BadRequest):
        write_request(read_request(body, model="m", stream=False), Target("m", stream=False))
    with contextlib.suppress(BadRequest):
        read_count_tokens(body, model="m")
    with contextlib.suppress(BadRequest):
        patch_request(body, Target("m", stream=True, max_tokens=5))
    with contextlib.suppress(Malformed, StreamError):
        read_response(body)
    with contextlib.suppress(Malformed):
        patch_response(body, ID, CHARGED, without_reasoning=True)
    for way in (Reader(), Patcher(ID, without_reasoning=True)):
        with contextlib.suppress(StreamError):
            way.feed(b"", body)
    assert isinstance(read_error(500, body), str)


@pytest.mark.parametrize("body", [b"<html>", b'{"candidates":[', b"[]", b"{}", b'{"candidates":[]}', b"null"])
def test_no_answer(body: bytes) -> None:
    """What is no answer is said to be none."""
    with pytest.raises(Malformed):
        read_response(body)


def test_error_inside() -> None:
    """An error inside a 200, in a whole answer, a list and a stream, keeps its words and its status."""
    error = b'{"error":{"code":429,"message":"slower","status":"RESOURCE_EXHAUSTED"}}'
    ways: list[Callable[[bytes], object]] = [
        read_response,
        lambda body: read_response(b"[" + body + b"]"),
        lambda body: Reader().feed(b"", body),
    ]
    for read in ways:
        with pytest.raises(StreamError, match="slower") as caught:
            read(error)
        assert caught.value.code == 429
    with pytest.raises(StreamError, match="slower"):
        Patcher(ID, without_reasoning=False).feed(b"", error)
