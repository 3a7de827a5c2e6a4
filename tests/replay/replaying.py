"""Serves every recorded exchange as the provider's answer, and asks what the callers of each dialect get.

A recording is read once in the dialect of its provider. Then, for each dialect of callers: the answer is written in it,
whole or streamed as it was recorded, read back, and held against the first reading. Requests go the same way: read as a
caller's, written for a provider of each dialect, read back. What a dialect can't carry stands in `NOT_CARRIED`.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.dialects.canonical import (
    Audio,
    Charged,
    File,
    Identity,
    Image,
    Reasoning,
    Refusal,
    Request,
    Role,
    Target,
    Text,
    ToolCall,
    ToolResult,
    Usage,
    UsageEvent,
    fold,
)
from modelport.gateway.dialect_table import DIALECTS, FAULTS
from modelport.gateway.doors import Address
from modelport.upstream import eventstream, sse
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelport.dialects.canonical import Event, Output, Part

TRAFFIC = Path(__file__).parents[3] / "shared" / "traffic"
_ME = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)


class Exchange(NamedTuple):
    """One recorded exchange with a provider."""

    id: str
    provider: str
    dialect: str
    address: Address
    request: bytes
    """Empty where the recording has none."""
    status: int
    body: bytes
    stream: bool
    cut: bool
    """Whether the recording was shortened, so that it may be unreadable."""


def dialect_of(url: str) -> str | None:
    """The dialect spoken at a recorded address; None for what is no chat."""
    path = url.partition("?")[0]
    ends = {
        "/chat/completions": "openai_chat",
        "/v1/messages": "anthropic_messages",
        "/responses": "openai_responses",
        "/v2/chat": "cohere_chat",
        ":generateContent": "gemini",
        ":streamGenerateContent": "gemini",
        "/converse": "bedrock_converse",
        "/converse-stream": "bedrock_converse",
        "/completions": "openai_completions",
    }
    return next((dialect for end, dialect in ends.items() if path.endswith(end) and dialect in DIALECTS), None)


def exchanges(provider: str) -> Iterator[Exchange]:
    """A provider's recorded exchanges in dialects that the gateway speaks."""
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            one: dict[str, Any] = json.loads(line)
            dialect = dialect_of(one["url"])
            if dialect is None or one.get("method", "POST") != "POST":
                continue
            flags = [str(flag) for flag in one.get("flags") or ()]
            request = one["request_body"]
            text = request if isinstance(request, str) else json.dumps(request) if request else ""
            given = bool(text) and not any("synthetic" in flag or "request_elided" in flag for flag in flags)
            coded = one.get("response_body_b64")
            body = one.get("response_body") or ""
            path = one["url"].partition("?")[0]
            stream = bool(one["stream"])
            yield Exchange(
                one["id"],
                provider,
                dialect,
                Address(path.rpartition("/models/")[2].rpartition(":")[0] or "m", stream=stream),
                text.encode() if given else b"",
                one["status"],
                base64.b64decode(coded) if coded else _bytes(body),
                stream,
                any("elided" in flag or "truncated" in flag for flag in flags),
            )


def providers() -> list[str]:
    """Names of the recorded providers; empty where the recordings are not beside the project."""
    return sorted(path.name.removesuffix(".jsonl.gz") for path in TRAFFIC.glob("*.jsonl.gz"))


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


# What an answer says.


class Said(NamedTuple):
    """An answer, in words that every dialect has: two that are equal mean the same."""

    text: str
    refusal: str
    reasoning: str
    kept: tuple[str, ...]
    """Signatures and encrypted reasoning, which the next turn needs."""
    calls: tuple[tuple[str, str], ...]
    """Name and arguments of each."""
    images: int
    sound: bool
    logprobs: int
    choices: int
    finish: str
    usage: tuple[int, int, int, int, int]
    """Prompt, completion, cached, cache-write and reasoning tokens."""


def said(output: Output, usage: Usage | None = None) -> Said:
    """The first choice of an answer, and how many there are."""
    usage = usage or output.usage or Usage()
    parts: list[Part] = output.choices[0].parts if output.choices else []
    choice = output.choices[0] if output.choices else None
    finish = choice.finish.reason.value if choice is not None and choice.finish is not None else ""
    logprobs = choice.logprobs.content if choice is not None and choice.logprobs is not None else None
    kept = [part.signature or part.data for part in parts if isinstance(part, Reasoning)]
    kept += [part.signature for part in parts if isinstance(part, ToolCall)]
    return Said(
        "".join(part.text for part in parts if isinstance(part, Text)),
        "".join(part.text for part in parts if isinstance(part, Refusal)),
        "".join(part.text for part in parts if isinstance(part, Reasoning) and part.kind != "encrypted"),
        tuple(sorted(each for each in kept if each)),
        tuple((part.name, _arguments(part.arguments)) for part in parts if isinstance(part, ToolCall)),
        (len(choice.images) if choice is not None else 0) + sum(isinstance(part, Image) for part in parts),
        choice is not None and choice.audio is not None,
        len(logprobs or ()),
        len(output.choices),
        finish,
        (
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.cached_tokens,
            usage.cache_write_tokens,
            usage.reasoning_tokens,
        ),
    )


def _arguments(text: str) -> str:
    """Arguments by what they mean: some dialects write them as an object."""
    try:
        return json.dumps(json.loads(text or "{}"), sort_keys=True)
    except ValueError:
        return text


class Failed(Exception):
    """The recorded answer is none: the caller gets an error, and a recording of it is no loss."""


_TARGET = Target("m", stream=False, default_max_tokens=4096)


def heard(exchange: Exchange) -> list[Event]:
    """The canonical events of a recorded answer. Raises `Failed`."""
    dialect = DIALECTS[exchange.dialect]
    try:
        if not exchange.stream:
            return dialect.read_response(exchange.body, _TARGET)
        return streamed(exchange.dialect, exchange.body)
    except (*FAULTS, UpstreamFault) as error:
        raise Failed(str(error)) from error


def streamed(name: str, body: bytes) -> list[Event]:
    """The canonical events of a whole stream's bytes."""
    reader = DIALECTS[name].reader(_TARGET)
    decoder = eventstream.Reader(1 << 24) if name == "bedrock_converse" else sse.Reader(1 << 24)
    events: list[Event] = []
    for event in [*decoder.feed(body), *decoder.finish()]:
        events += reader.feed(event.event, event.data)
    return events


def again(name: str, events: list[Event], request: Request, *, stream: bool) -> list[Event]:
    """The same answer as a caller of dialect `name` gets it, read by a client of that dialect."""
    dialect = DIALECTS[name]
    usage = next((event.usage for event in reversed(events) if isinstance(event, UsageEvent)), Usage())
    charged = Charged(usage, 1_000_000, 400_000, 600_000)
    if not stream:
        return dialect.read_response(dialect.write_response(fold(events), _ME, charged, request), _TARGET)
    writer = dialect.writer(_ME, request)
    return streamed(name, b"".join([*(writer.feed([event]) for event in events), writer.end(charged)]))


# What a request says.


class Asked(NamedTuple):
    """A request, in words that every dialect has."""

    turns: tuple[tuple[str, str], ...]
    """Who says which text; consecutive turns of one speaker are one."""
    calls: tuple[tuple[str, str], ...]
    results: tuple[str, ...]
    """Texts of tool results."""
    images: int
    files: int
    sounds: int
    tools: tuple[tuple[str, str], ...]
    """Name and description."""
    choice: str
    form: str
    longest: int | None
    temperature: float | None
    stop: tuple[str, ...]


def asked(request: Request) -> Asked:
    """What a request asks."""
    turns: list[list[str]] = []
    calls: list[tuple[str, str]] = []
    results: list[str] = []
    seen: Counter[str] = Counter()
    for message in request.messages:
        speaker = "system" if message.role in {Role.SYSTEM, Role.DEVELOPER} else message.role.value
        for part in message.parts:
            match part:
                case Text() if part.text:
                    if turns and turns[-1][0] == speaker:
                        turns[-1][1] += part.text
                    else:
                        turns.append([speaker, part.text])
                case ToolCall():
                    calls.append((part.name, _arguments(part.arguments)))
                case ToolResult():
                    results.append("".join(each.text for each in part.parts if isinstance(each, Text)))
                    seen.update(_kind(each) for each in part.parts)
                case _:
                    seen[_kind(part)] += 1
    choice, form = request.tool_choice, request.response_format
    return Asked(
        tuple((speaker, text) for speaker, text in turns),
        tuple(calls),
        tuple(results),
        seen["Image"],
        seen["File"],
        seen["Audio"],
        tuple((tool.name, tool.description or "") for tool in request.tools if tool.raw is None),
        "" if choice is None or choice.mode == "auto" else f"{choice.mode} {choice.name or ''}".strip(),
        "" if form is None or form.kind == "text" else form.kind,
        request.max_tokens,
        request.temperature,
        tuple(request.stop or ()),
    )


def _kind(part: Part) -> str:
    """Its canonical kind: dialects keep parts of kinds of their own, with more in them."""
    kinds = (Image, File, Audio)
    return next((kind.__name__ for kind in kinds if isinstance(part, kind)), "")


def differences(first: Any, second: Any) -> dict[str, tuple[Any, Any]]:
    """Fields in which two of a kind differ."""
    pairs = zip(first._fields, first, second, strict=True)
    return {name: (one, other) for name, one, other in pairs if one != other}
