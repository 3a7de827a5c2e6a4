"""Every recorded chat exchange, of every provider, survives the way through the canonical vocabulary."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from openai_chat_samples import TRAFFIC, data_of, providers

from modelport.dialects.canonical import Charged, Identity, Output, Reasoning, Text, ToolCall, Usage, fold
from modelport.dialects.openai_chat.canonical_request import Target, read_request, write_request
from modelport.dialects.openai_chat.canonical_response import Malformed, read_response, write_response
from modelport.dialects.openai_chat.canonical_stream import Reader, StreamError, Writer
from modelport.dialects.openai_chat.wire import GATEWAY_FIELDS
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelport.dialects.canonical import Event

_PROVIDERS = providers()
pytestmark = pytest.mark.skipif(not _PROVIDERS, reason="no recorded traffic beside the repository")

_ME = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)

_RATIOS = {"xhigh": 0.95, "high": 0.8, "medium": 0.5, "low": 0.2, "minimal": 0.1}
"""Shares of the longest answer that efforts stand for (`behaviour.md` section 11)."""

NOT_CARRIED = {
    "prefix": "a message's mark that it is to be continued; a trailing assistant message says the same",
    "index": "a call's place in its message, told by the order",
    "eager_input_streaming": "a tool's hint to one provider",
    "prompt_cache_breakpoint": "becomes `cache_control`, the reference's other name for it",
    "thinking": "a content part of one provider; becomes `reasoning`",
    "document_url": "a content part of one provider; becomes `file`",
    "file_url": "a content part of one provider; becomes `file`",
    "reasoning_content": "one of two names of the same field; becomes `reasoning`",
    "functions": "the legacy form of `tools`",
    "function_call": "the legacy form of `tool_choice` and `tool_calls`",
}
"""What a recorded request says and ours doesn't, or says in other words: `normal` knows how."""


class Exchange(NamedTuple):
    """One recorded exchange."""

    id: str
    request: bytes
    """Empty where the recording has none."""
    status: int
    body: str
    stream: bool
    cut: bool
    """Whether the recording of the answer, or of the request, was shortened, so that it may be no JSON."""


def exchanges(provider: str) -> Iterator[Exchange]:
    """Those of this dialect, told by their address."""
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            one: dict[str, Any] = json.loads(line)
            if not one["url"].partition("?")[0].endswith("/chat/completions"):
                continue
            request = one["request_body"]
            body = request if isinstance(request, str) else json.dumps(request) if request else ""
            flags = [str(flag) for flag in one.get("flags") or ()]
            given = bool(body) and not any("synthetic" in flag for flag in flags)
            cut = any("response_elided" in flag or "truncated" in flag for flag in flags)
            yield Exchange(
                one["id"],
                body.encode() if given else b"",
                one["status"],
                one["response_body"] or "",
                one["stream"],
                cut,
            )


@pytest.fixture(scope="module")
def figures() -> Iterator[Counter[str]]:
    """Figures by provider and way, printed at the end (`pytest -s`)."""
    counter: Counter[str] = Counter()
    yield counter
    for name, count in sorted(counter.items()):
        print(f"\n{count:5} {name}", end="")  # noqa: T201


# Requests.


def normal(body: dict[str, Any]) -> dict[str, Any]:
    """What a request means, in one of the ways to say it."""
    known = {name: value for name, value in body.items() if value is not None and name not in GATEWAY_FIELDS}
    for name in ("model", "stream"):
        known.pop(name, None)
    if (longest := known.pop("max_completion_tokens", None)) is not None:
        known["max_tokens"] = longest
    if isinstance(known.get("stop"), str):
        known["stop"] = [known["stop"]]
    known["tools"] = [_tool(tool) for tool in known.get("tools") or ()]
    known["tools"] += [_tool({"function": function}) for function in known.pop("functions", ())]
    choice = known.pop("function_call", None) or known.pop("tool_choice", None)
    if isinstance(choice, dict):
        choice = {"type": "function"} | choice
    known["tool_choice"] = "required" if choice == "any" else choice
    reasoning = body.get("reasoning") or {}
    effort = known.pop("reasoning_effort", None) or reasoning.get("effort")
    budget = reasoning.get("max_tokens")
    if effort is None and budget and known.get("max_tokens"):
        effort = min(_RATIOS, key=lambda name: abs(_RATIOS[name] - budget / known["max_tokens"]))
    elif effort is None and (budget or reasoning.get("enabled") or body.get("include_reasoning")):
        effort = "medium"
    known["reasoning_effort"] = effort
    known["messages"] = [_turn(turn) for turn in body["messages"]]
    return known


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    if tool.get("type", "function") != "function":
        return tool
    said = {name: value for name, value in tool["function"].items() if value is not None}
    return {"type": "function", "function": said, "cache_control": tool.get("cache_control")}


def _turn(turn: dict[str, Any]) -> dict[str, Any]:
    parts: Any = turn.get("content")
    if not isinstance(parts, list):
        parts = [{"type": "text", "text": parts}] if parts is not None else []
    said: dict[str, Any] = {
        "role": turn["role"],
        "name": turn.get("name"),
        "tool_call_id": turn.get("tool_call_id"),
        "content": [_part(part) for part in parts if part["type"] != "thinking"],
        "calls": [
            {"id": call["id"], "type": call["type"], "function": call["function"]}
            for call in turn.get("tool_calls") or ()
        ],
        "refusal": turn.get("refusal") or None,
        "annotations": turn.get("annotations") or None,
    }
    details = turn.get("reasoning_details") or []
    thoughts: Any = [part["thinking"] for part in parts if part["type"] == "thinking"]
    said["reasoning"] = (
        "".join(detail.get("text") or detail.get("summary") or "" for detail in details)
        or turn.get("reasoning")
        or turn.get("reasoning_content")
        or "".join(thought["text"] for texts in thoughts for thought in texts)
    )
    said["reasoning_details"] = [
        {name: value for name, value in detail.items() if value is not None} for detail in details
    ]
    return said


def _part(part: dict[str, Any]) -> dict[str, Any]:
    kind = part["type"]
    value = part[kind]
    if kind == "image_url":
        value = {"url": value} if isinstance(value, str) else value
    elif kind in {"document_url", "file_url"}:
        url = value if isinstance(value, str) else value["url"]
        value = {"file_data": url} | ({"filename": part["document_name"]} if "document_name" in part else {})
        kind = "file"
    elif kind == "input_audio" and isinstance(value, str):
        value = {"data": value}
    mark = part.get("cache_control")
    if "prompt_cache_breakpoint" in part:
        mark = {"type": "ephemeral"}
    return {"type": kind, kind: value, "cache_control": mark}


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_requests(provider: str, figures: Counter[str]) -> None:
    """What was asked is asked again: read, written, and read by the test as what it means."""
    for one in exchanges(provider):
        if not one.request:
            continue
        try:
            before = json.loads(one.request)
        except ValueError:
            figures[f"{provider} request not JSON"] += 1
            with pytest.raises(BadRequest):
                read_request(one.request)
            continue
        try:
            request = read_request(one.request)
        except BadRequest as error:
            if one.status < 400:
                pytest.fail(f"{one.id}: {error}")
            figures[f"{provider} request refused by us, and by the provider"] += 1
            continue
        after = json.loads(write_request(request, Target("m", stream=bool(before.get("stream")))))
        assert normal(after) == normal(before), one.id
        figures[f"{provider} requests"] += 1


# Answers.


class Said(NamedTuple):
    """What an answer says, choice by choice."""

    text: dict[int, str]
    reasoning: dict[int, str]
    signatures: dict[int, list[str]]
    calls: dict[int, list[tuple[str, str]]]
    finish: dict[int, str]
    usage: dict[str, int] | None


class Extraction:
    """A straightforward reading of recorded JSON, without a line of what it tests."""

    def __init__(self) -> None:
        self.text: dict[int, str] = {}
        self.reasoning: dict[int, str] = {}
        self.signatures: dict[int, list[str]] = {}
        self.calls: dict[int, dict[Any, list[str]]] = {}
        self.finish: dict[int, str] = {}
        self.usage: dict[str, Any] | None = None

    def add(self, body: dict[str, Any], *, whole: bool = False) -> None:
        for position, choice in enumerate(body.get("choices") or ()):
            index = choice.get("index", position)
            # Perplexity repeats the message in chunks, and puts an empty delta beside it into whole answers.
            delta, message = choice.get("delta"), choice.get("message")
            piece = ((message or delta) if whole else (delta or message)) or {}
            self._words(index, piece)
            for number, call in enumerate(piece.get("tool_calls") or ()):
                key = body.get("id"), call.get("index", number)  # one recording holds two answers, one after the other
                known = self.calls.setdefault(index, {}).setdefault(key, ["", ""])
                known[0] = known[0] or call["function"].get("name") or ""
                known[1] += call["function"].get("arguments") or ""
            legacy = piece.get("function_call") or {}
            if legacy.get("name") or legacy.get("arguments"):
                known = self.calls.setdefault(index, {}).setdefault("legacy", ["", ""])
                known[0] = known[0] or legacy.get("name") or ""
                known[1] += legacy.get("arguments") or ""
            if choice.get("finish_reason"):
                self.finish[index] = choice.get("native_finish_reason") or choice["finish_reason"]
        if (body.get("usage") or {}).get("prompt_tokens") is not None:
            self.usage = body["usage"]

    def _words(self, index: int, piece: dict[str, Any]) -> None:
        content: Any = piece.get("content") or ""
        parts: Any = content if isinstance(content, list) else [{"type": "text", "text": content}]
        self.text[index] = self.text.get(index, "") + "".join(part.get("text") or "" for part in parts)
        thoughts: list[str] = [thought["text"] for part in parts for thought in part.get("thinking") or ()]
        details = piece.get("reasoning_details") or ()
        told = "".join(detail.get("text") or detail.get("summary") or "" for detail in details)
        plain = piece.get("reasoning") or piece.get("reasoning_content") or "".join(thoughts)
        self.reasoning[index] = self.reasoning.get(index, "") + (told or plain)
        for detail in details:
            self.signatures.setdefault(index, []).extend(
                detail[name] for name in ("signature", "data") if detail.get(name)
            )
        if extra := piece.get("extra_content"):
            self.signatures.setdefault(index, []).append(extra["google"]["thought_signature"])

    def said(self) -> Said:
        usage = None
        if self.usage is not None:
            inside = self.usage.get("prompt_tokens_details") or {}
            outside = self.usage.get("completion_tokens_details") or {}
            reasoning = outside.get("reasoning_tokens") or 0
            completion = self.usage["completion_tokens"]
            apart = reasoning > completion and self.usage["total_tokens"] != self.usage["prompt_tokens"] + completion
            usage = {
                "prompt": self.usage["prompt_tokens"],
                "completion": completion + (reasoning if apart else 0),
                # A part is never more than the whole, though some providers say so.
                "cached": min(
                    inside.get("cached_tokens")
                    or self.usage.get("prompt_cache_hit_tokens")
                    or self.usage.get("cached_tokens")
                    or self.usage.get("num_cached_tokens")
                    or 0,
                    self.usage["prompt_tokens"],
                ),
                "written": inside.get("cache_write_tokens") or 0,
                "reasoning": min(reasoning, completion + (reasoning if apart else 0)),
            }
        return Said(
            self.text,
            self.reasoning,
            {index: found for index, found in self.signatures.items() if found},
            {index: [(name, arguments) for name, arguments in calls.values()] for index, calls in self.calls.items()},
            self.finish,
            usage,
        )


def said_by(output: Output) -> Said:
    """What a folded answer says, to be held against an `Extraction`."""
    said = Said({}, {}, {}, {}, {}, None)
    for index, choice in enumerate(output.choices):
        said.text[index] = "".join(part.text for part in choice.parts if isinstance(part, Text))
        blocks = [part for part in choice.parts if isinstance(part, Reasoning)]
        said.reasoning[index] = "".join(block.text for block in blocks)
        found = [value for block in blocks for value in (block.signature, block.data) if value]
        found += [part.signature for part in choice.parts if isinstance(part, ToolCall) and part.signature]
        if found:
            said.signatures[index] = found
        if calls := [(part.name, part.arguments) for part in choice.parts if isinstance(part, ToolCall)]:
            said.calls[index] = calls
        assert all(part.id for part in choice.parts if isinstance(part, ToolCall))
        if choice.finish is not None:
            said.finish[index] = choice.finish.native or ""
    usage = output.usage
    if usage is None:
        return said
    return said._replace(
        usage={
            "prompt": usage.prompt_tokens,
            "completion": usage.completion_tokens,
            "cached": usage.cached_tokens,
            "written": usage.cache_write_tokens,
            "reasoning": usage.reasoning_tokens,
        }
    )


def same(left: Said, right: Said, where: str) -> None:
    """Both say the same. A choice in which nothing was said may be absent on one side."""
    for name in Said._fields:
        one: Any = getattr(left, name)
        other: Any = getattr(right, name)
        if name != "usage":
            indexes = {index for index in {*one, *other} if one.get(index) or other.get(index)}
            assert {index: one.get(index) for index in indexes} == {index: other.get(index) for index in indexes}, (
                name,
                where,
            )
        else:
            assert one == other, (name, where)


def _charged(output: Output) -> Charged:
    return Charged(output.usage or Usage(), 0, 0, 0)


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_whole_answers(provider: str, figures: Counter[str]) -> None:
    """A whole answer says the same read by us, and again after we wrote it and read that."""
    for one in exchanges(provider):
        if one.stream or one.status != 200 or not one.body:
            continue
        try:
            before = json.loads(one.body)
        except ValueError:
            before = None
        if not before or not before.get("choices"):
            figures[f"{provider} whole answers that are none"] += 1
            with pytest.raises(Malformed):
                read_response(one.body.encode())
            continue
        extraction = Extraction()
        extraction.add(before, whole=True)
        output = fold(read_response(one.body.encode()))
        same(extraction.said(), said_by(output), one.id)
        again = fold(read_response(write_response(output, _ME, _charged(output))))
        assert again.choices == output.choices, one.id
        assert output.usage is None or said_by(again).usage == said_by(output).usage, one.id
        figures[f"{provider} whole answers"] += 1


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams(provider: str, figures: Counter[str]) -> None:
    """So does a stream; one with an error inside ends in the error, after what came before it."""
    for one in exchanges(provider):
        if not one.stream or one.status != 200 or not one.body:
            continue
        extraction, reader, broken = Extraction(), Reader(), ""
        events: list[Event] = []
        for data in data_of(one.body):
            chunk: Any = None
            if data.strip() != b"[DONE]":
                try:
                    chunk = json.loads(data)
                except ValueError:
                    chunk = {"error": "unreadable"}
                if chunk.get("error"):
                    broken = json.dumps(chunk["error"])
                    with pytest.raises(StreamError) as raised:
                        reader.feed(b"", data)
                    message = chunk["error"]["message"] if isinstance(chunk["error"], dict) else ""
                    assert message in raised.value.message
                    break
                extraction.add(chunk)
            events += reader.feed(b"", data)
        events += reader.finish()
        output = fold(events)
        same(extraction.said(), said_by(output), one.id)
        again = _streamed_again(events, output)
        assert again.choices == output.choices, one.id
        assert output.usage is None or said_by(again).usage == said_by(output).usage, one.id
        kind = "broken by an unreadable (cut) event" if broken == '"unreadable"' else "ending in an error"
        figures[f"{provider} streams {kind if broken else ''}"] += 1


def _streamed_again(events: list[Event], output: Output) -> Output:
    writer, reader = Writer(_ME), Reader()
    written = b"".join(writer.feed([event]) for event in events) + writer.end(_charged(output))
    again = [event for data in data_of(written.decode()) for event in reader.feed(b"", data)]
    assert reader.done
    return fold([*again, *reader.finish()])
