"""Everything Google was ever recorded to be asked and to answer goes through, and nothing of it is lost."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from gemini_samples import CHARGED, ID, Recorded, events_of, normal, providers, recorded
from known_models import aimed

from modelport.dialects.canonical import Event, Output, Reasoning, Text, ToolCall, Usage, fold
from modelport.dialects.gemini.errors import read_error
from modelport.dialects.gemini.request import patch_request, read_count_tokens, read_request, write_request
from modelport.dialects.gemini.response import patch_response, read_response, write_response
from modelport.dialects.gemini.stream import ArrayWriter, Patcher, Reader, Writer
from modelport.dialects.gemini.wire import BLOCK_FORMAT, unsealed_signature
from modelport.errors import BadRequest

_PROVIDERS = providers()
pytestmark = pytest.mark.skipif(not _PROVIDERS, reason="no recorded traffic beside the repository")

_NO_SIGNATURE = "skip_thought_signature_validator"


def comparable(body: dict[str, Any]) -> dict[str, Any]:
    """A request without the signature that says there is none."""
    text = json.dumps(normal(body))
    return json.loads(text.replace(f'"{_NO_SIGNATURE}"', "null"))


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_requests(provider: str, record_property: Any) -> None:
    """Every request comes out as it went in, through the shared vocabulary and patched alike."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.request is None:
            continue
        body = json.loads(one.request)
        before = comparable(body.get("generateContentRequest", body))
        try:
            if one.method == "countTokens":
                request = read_count_tokens(one.request, model=one.model)
            else:
                request = read_request(one.request, model=one.model, stream=one.method != "generateContent")
        except BadRequest:
            assert one.status == 400, one.id
            seen["refused, as the provider did"] += 1
            continue
        target = aimed("gemini", one.model, stream=request.stream)
        after = comparable(json.loads(write_request(request, target)))
        assert after == before, one.id
        if one.method != "countTokens":
            patched = comparable(json.loads(patch_request(one.request, target)))
            assert patched == before, one.id
        seen["passed"] += 1
    record_property("requests", dict(seen))
    assert seen["passed"]


def expected_usage(told: dict[str, Any] | None, searches: int) -> Usage | None:
    """What `usageMetadata` means, worked out apart from the code."""
    if told is None or not {"promptTokenCount", "candidatesTokenCount"} & set(told):
        return None

    def of(kind: str, number: int, *names: str) -> int:
        details = [each for name in names for each in told.get(name) or []]
        return sum(each.get("tokenCount", 0) for each in details if each["modality"] in {kind, number})

    thoughts = told.get("thoughtsTokenCount", 0)
    prompt = ("promptTokensDetails", "toolUsePromptTokensDetails")
    return Usage(
        prompt_tokens=told.get("promptTokenCount", 0) + told.get("toolUsePromptTokenCount", 0),
        completion_tokens=told.get("candidatesTokenCount", 0) + thoughts,
        cached_tokens=told.get("cachedContentTokenCount", 0),
        reasoning_tokens=thoughts,
        prompt_audio_tokens=of("AUDIO", 4, *prompt),
        completion_audio_tokens=of("AUDIO", 4, "candidatesTokensDetails"),
        prompt_image_tokens=of("IMAGE", 2, *prompt),
        completion_image_tokens=of("IMAGE", 2, "candidatesTokensDetails"),
        cached_audio_tokens=of("AUDIO", 4, "cacheTokensDetails"),
        web_searches=searches,
    )


def searches_of(chunks: list[dict[str, Any]]) -> int:
    queries = [
        (candidate.get("groundingMetadata") or {}).get("webSearchQueries") or []
        for chunk in chunks
        for candidate in chunk.get("candidates") or []
    ]
    return max((sum(1 for query in each if query) for each in queries), default=0)


def expected_parts(chunks: list[dict[str, Any]], index: int) -> list[Any]:  # noqa: C901  one kind of part after another
    """The parts of an answer as comparable values, neighbouring words as one. Sound is compared apart."""
    parts: list[Any] = []

    def add(kind: str, text: str, *, to_last: bool) -> None:
        if to_last and parts and parts[-1][0] == kind:
            parts[-1][1] += text
        else:
            parts.append([kind, text])

    after_thought = False
    for part in [
        part
        for chunk in chunks
        for candidate in chunk.get("candidates") or []
        if candidate.get("index", 0) == index
        for part in (candidate.get("content") or {}).get("parts") or []
    ]:
        signature = part.get("thoughtSignature")
        if "functionCall" in part:
            call = part["functionCall"]
            if "name" in call:
                parts.append(["call", call.get("id"), call["name"], call.get("args"), signature])
            continue
        if part.get("thought") and "text" in part:
            add("thought", part["text"], to_last=after_thought)
            after_thought = signature is None
            if signature:
                parts[-1].append(signature)
            continue
        if "text" in part:
            if part["text"]:
                add("text", part["text"], to_last=True)
                after_thought = False
        elif "inlineData" not in part:
            parts.append(["block", part])
            continue
        if signature:
            parts.append(["signature", signature])
            after_thought = False
    return parts


def parts_of(output: Output, index: int = 0) -> list[Any]:
    parts: list[Any] = []
    for part in output.choices[index].parts if output.choices else []:
        match part:
            case Text():
                if part.text:
                    parts.append(["text", part.text])
            case Reasoning() if part.format == BLOCK_FORMAT:
                parts.append(["block", json.loads(part.data or "")])
            case Reasoning(kind="encrypted"):
                # Two signatures were cut out of their recordings, and what stands there is no base64.
                parts.append(["signature", unsealed_signature(part.data or "")])
            case Reasoning():
                parts.append(["thought", part.text, *([part.signature] if part.signature else [])])
            case ToolCall():
                parts.append(["call", part.id, part.name, json.loads(part.arguments), part.signature])
            case _:
                parts.append(part)
    return [part for part in parts if isinstance(part, list)]


def agree(got: list[Any], expected: list[Any], place: str) -> None:
    """Calls without an id were given one, those without arguments have an empty object, or came in pieces."""
    assert len(got) == len(expected), place
    for one, other in zip(got, expected, strict=True):
        if one[0] == "call" and other[0] == "call":
            assert one[1], place
            filled = [other[0], other[1] or one[1], other[2], other[3] if other[3] is not None else one[3], other[4]]
            assert one == filled, place
        else:
            assert one == other, place


def reason_of(chunks: list[dict[str, Any]]) -> str | None:
    told: list[Any] = [candidate.get("finishReason") for chunk in chunks for candidate in chunk.get("candidates") or []]
    last = next((each for each in reversed(told) if each is not None), None)
    numbered = {1: "STOP", 2: "MAX_TOKENS"}
    return numbered[last] if isinstance(last, int) else last


def check(one: Recorded, output: Output, chunks: list[dict[str, Any]]) -> None:
    for index in range(len(output.choices) or 1):
        agree(parts_of(output, index), expected_parts(chunks, index), one.id)
    usages = [chunk["usageMetadata"] for chunk in chunks if "usageMetadata" in chunk]
    told = next((each for each in reversed(usages) if expected_usage(each, 0) is not None), None)
    assert output.usage == expected_usage(told, searches_of(chunks)), one.id
    finish = output.choices[0].finish if output.choices else None
    assert (finish.native if finish else None) == reason_of(chunks), one.id
    assert output.upstream_id == chunks[0].get("responseId"), one.id


def same(first: Output, second: Output, place: str) -> None:
    """Two answers say the same; of citations the places, of sound the bytes."""
    for one, other in zip(first.choices, second.choices, strict=True):
        agree(parts_of(Output([one])), parts_of(Output([other])), place)
        assert one.images == other.images, place
        assert (one.audio.data if one.audio else None) == (other.audio.data if other.audio else None), place
        cited, again = (
            {
                (each.url, each.start, each.end)
                for part in choice.parts
                if isinstance(part, Text)
                for each in part.annotations
            }
            for choice in (one, other)
        )
        assert again == {each for each in cited if each[0]}, place
        assert one.finish is not None
        assert other.finish is not None
        assert other.finish.reason == one.finish.reason, place
        assert (one.logprobs is None) == (other.logprobs is None)
        if one.logprobs is not None and other.logprobs is not None:
            assert other.logprobs.content == one.logprobs.content


def not_refused(output: Output) -> bool:
    """Google's words for a refusal are a message beside the answer; written for callers they are text."""
    return all(type(part).__name__ != "Refusal" for choice in output.choices for part in choice.parts)


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_whole_answers(provider: str, record_property: Any) -> None:
    """Text, thoughts, signatures, calls, opaque parts, the reason and usage of every whole answer survive."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.status != 200 or not (one.method == "generateContent" or one.listed):
            continue
        whole = json.loads(one.body)
        chunks: list[dict[str, Any]] = whole if isinstance(whole, list) else [whole]
        output = fold(read_response(one.body.encode()))
        check(one, output, chunks)
        if not_refused(output) and output.choices:
            same(output, fold(read_response(write_response(output, ID, CHARGED))), one.id)
        if isinstance(whole, dict):
            patched = json.loads(patch_response(one.body.encode(), ID, CHARGED, without_reasoning=False))
            usage = patched.pop("usageMetadata")
            assert {**usage, **whole.get("usageMetadata", {})} == usage, one.id
            kept = {name: value for name, value in whole.items() if name != "usageMetadata"}
            assert patched == kept | {"modelVersion": ID.model, "responseId": ID.id}, one.id
        seen["list" if one.listed else "passed"] += 1
    record_property("whole answers", dict(seen))
    assert seen["passed"]


def read_stream(events: list[tuple[bytes, bytes]]) -> list[Event]:
    reader = Reader()
    read: list[Event] = []
    for name, data in events:
        read += reader.feed(name, data)
    return [*read, *reader.finish()]


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams(provider: str, record_property: Any) -> None:
    """So do those of every stream; a caller's stream reads the same again, as events, as a list and patched."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.method != "streamGenerateContent" or one.listed or one.status != 200:
            continue
        arrived = events_of(one.body)
        chunks: list[dict[str, Any]] = [json.loads(data) for _, data in arrived]
        events = read_stream(arrived)
        output = fold(events)
        check(one, output, chunks)
        seen["passed"] += 1
        patcher = Patcher(ID, without_reasoning=False)
        passed = b"".join(patcher.feed(name, data) for name, data in arrived)
        assert b"finishReason" not in passed, one.id
        again = events_of(passed + patcher.end(CHARGED))
        assert parts_of(fold(read_stream(again))) == [
            [*part[:1], again_id(part, got), *part[2:]] if part[0] == "call" else part
            for part, got in zip(parts_of(output), parts_of(fold(read_stream(again))), strict=True)
        ], one.id
        for chunk, (_, data) in zip(chunks, again, strict=True):
            said = json.loads(data)
            assert said.pop("modelVersion") == ID.model
            assert said.pop("responseId") == ID.id
            said.pop("usageMetadata", None)
            dropped = {"usageMetadata", "modelVersion", "responseId"}
            assert said == {name: value for name, value in chunk.items() if name not in dropped}, one.id
        if not not_refused(output):
            continue
        writer, array = Writer(ID), ArrayWriter(ID)
        sent = b"".join(writer.feed([event]) for event in events)
        assert b"finishReason" not in sent, one.id
        assert b"usageMetadata" not in sent, one.id
        same(output, fold(read_stream(events_of(sent + writer.end(CHARGED)))), one.id)
        pieces = b"".join(array.feed([event]) for event in events) + array.end(CHARGED)
        same(output, fold(read_response(pieces)), one.id)
    record_property("streams", dict(seen))
    assert seen["passed"]


def again_id(part: list[Any], got: list[Any]) -> str:
    """A made-up id is made of the answer's, which is ours on the other side."""
    return got[1] if got[2:] == part[2:] else part[1]


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_any_cut(provider: str) -> None:
    """However the bytes are cut, the same events come out."""
    from modelport.upstream.sse import Reader as Bytes

    for count, one in enumerate(recorded(provider)):
        if one.method != "streamGenerateContent" or one.listed or one.status != 200:
            continue
        body = one.body.encode()
        size = 1 if len(body) < 3_000 else 7 + count % 50
        reader = Bytes(2**26)
        cut = [event for at in range(0, len(body), size) for event in reader.feed(body[at : at + size])]
        cut += reader.finish()
        assert [(event.event, event.data) for event in cut] == events_of(one.body), one.id


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_errors(provider: str) -> None:
    """The provider's own words come out of every error."""
    for one in recorded(provider):
        if one.status != 200:
            body = json.loads(one.body)
            told = body[0] if isinstance(body, list) else body
            assert read_error(one.status, one.body.encode()) == told["error"]["message"], one.id
