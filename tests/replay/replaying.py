"""Recorded exchanges of chat, and what a request asks and an answer says, in words that every dialect has."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.dialects.canonical import (
    Audio,
    File,
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
)
from modelport.gateway.dialect_table import DIALECTS, FAULTS
from modelport.gateway.doors import Address
from modelport.kit.eventstream import encode
from modelport.upstream import eventstream, sse
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelport.dialects.canonical import Event, Output, Part

TRAFFIC = Path(__file__).parents[3] / "shared" / "traffic"


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
    text = body if isinstance(body, str) else json.dumps(body)
    return _framed(text) if text.startswith(_FRAMES) else text.encode()


_FRAMES = '{"headers": {":event-type"'


def _framed(text: str) -> bytes:
    """A binary event stream that was recorded as lines of JSON."""
    frames: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines() if line.strip()]
    return b"".join(encode(frame["headers"], json.dumps(frame["payload"]).encode()) for frame in frames)


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
    kept = [each for part in parts if isinstance(part, Reasoning) for each in (part.signature, part.data)]
    kept += [part.signature for part in parts if isinstance(part, ToolCall)]
    return Said(
        "".join(part.text for part in parts if isinstance(part, Text)),
        "".join(part.text for part in parts if isinstance(part, Refusal)),
        "".join(part.text for part in parts if isinstance(part, Reasoning) and part.kind != "encrypted"),
        tuple(sorted({plain for each in kept if each for plain in _unsealed(each)})),
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


_SEAL = b"openrouter.reasoning:"
_SEALED_TEXT = b"modelport.signature:"


def _unsealed(text: str) -> list[str]:
    """What an opaque text holds that another maker wants back: some dialects seal it into fields of their own."""
    data = text.encode() if text.startswith(_SEAL.decode()) else _decoded(text)
    if data.startswith(_SEALED_TEXT):
        return [_compact(data.removeprefix(_SEALED_TEXT).decode())]
    if not data.startswith(_SEAL):
        return [_compact(text)]
    rest = data.removeprefix(_SEAL)
    detail: dict[str, Any] = json.loads(rest if rest.startswith(b"{") else base64.b64decode(rest))
    return [_compact(detail[name]) for name in ("signature", "data") if detail.get(name)]


def _decoded(text: str) -> bytes:
    """Base64 of either alphabet; nothing for what is none."""
    with contextlib.suppress(ValueError):
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    return b""


def _compact(text: str) -> str:
    """JSON in one spelling; anything else as it is."""
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text


def _arguments(text: str) -> str:
    """Arguments by what they mean: some dialects write them as an object."""
    try:
        return json.dumps(json.loads(text or "{}") or {}, sort_keys=True)
    except ValueError:
        return text


# What the provider said.


class Failed(Exception):
    """The recorded answer is none: its caller gets an error."""


def frames(dialect: str, body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and data of the events in a stream's bytes."""
    decoder = eventstream.Reader(1 << 24) if dialect == "bedrock_converse" else sse.Reader(1 << 24)
    for event in (*decoder.feed(body), *decoder.finish()):
        yield event.event, event.data


def read(dialect: str, body: bytes, *, stream: bool) -> list[Event]:
    """The canonical events of an answer's bytes. Raises a dialect's fault."""
    spoken, target = DIALECTS[dialect], Target("m", stream, default_max_tokens=4096)
    if not stream:
        return spoken.read_response(body, target)
    reader = spoken.reader(target)
    return [event for name, data in frames(dialect, body) for event in reader.feed(name, data)]


def heard(exchange: Exchange) -> list[Event]:
    """The canonical events of a recorded answer. Raises `Failed`."""
    try:
        return read(exchange.dialect, exchange.body, stream=exchange.stream)
    except (*FAULTS, UpstreamFault) as error:
        raise Failed(str(error)) from error


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
