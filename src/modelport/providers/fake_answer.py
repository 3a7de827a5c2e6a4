"""The scripted provider's answers as bytes: deltas, messages, usage, events. Pure functions, no sockets."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from modelport.providers.fake_script import Script

__all__ = ["Answer", "Envelope", "error_body", "events", "make_answer", "message_body"]

_WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "hazel",
    "inlet",
    "jetty",
    "knoll",
    "lunar",
    "maple",
    "north",
    "ocean",
    "pearl",
    "quartz",
    "river",
    "slate",
    "tundra",
    "umber",
    "valley",
    "willow",
    "xenon",
    "yonder",
    "zephyr",
)
_encode = msgspec.json.encode
Event = tuple[bytes, int]
"""One event's JSON (or `[DONE]`) and the completion tokens it carries."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say, before it is dressed as one body or as a stream."""

    deltas: tuple[Event, ...]
    """`delta` objects as JSON, the role's excepted."""
    message: bytes
    """The whole `message` object as JSON."""
    finish: str
    completion_tokens: int
    reasoning_tokens: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around every chunk of one answer."""

    number: int
    created: int
    """Seconds since 1970."""
    model: str
    prompt_tokens: int

    def head(self, kind: str) -> bytes:
        """The opening of the JSON object, up to the choices."""
        name = _encode(self.model).decode()
        opening = f'{{"id":"chatcmpl-fake-{self.number}","object":"{kind}","created":{self.created},"model":{name},'
        return opening.encode() + b'"system_fingerprint":"fp_fake","choices":['

    def usage(self, answer: Answer, cached: int) -> bytes:
        """The `usage` object; input includes the cached tokens, output the reasoning."""
        done = answer.completion_tokens
        return (
            f'{{"prompt_tokens":{self.prompt_tokens},"completion_tokens":{done},'
            f'"total_tokens":{self.prompt_tokens + done},'
            f'"prompt_tokens_details":{{"cached_tokens":{min(cached, self.prompt_tokens)}}},'
            f'"completion_tokens_details":{{"reasoning_tokens":{answer.reasoning_tokens}}}}}'
        ).encode()


def error_body(message: str, kind: str, *, code: str | None = None, param: str | None = None) -> bytes:
    """An error as OpenAI writes it."""
    return _encode({"error": {"message": message, "type": kind, "param": param, "code": code}})


@lru_cache(maxsize=512)
def make_answer(script: Script, limit: int | None, tool: str) -> Answer:
    """The answer that `script` asks for, at most `limit` tokens of it; `tool` is the function to call."""
    if script.kind == "empty":
        return Answer((), b'{"role":"assistant","content":null,"refusal":null}', script.finish or "stop", 0, 0)
    if script.kind in {"tool", "tools"}:
        return _tool_calls(script, tool)
    reasoning = script.reasoning_tokens
    if reasoning is None:
        reasoning = script.tokens // 2 if script.kind == "reasoning" else 0
    if script.text is None:
        total = script.tokens
        words = _words(total, script.seed)
        thoughts, spoken = words[:reasoning], words[reasoning:]
    else:
        spoken = re.findall(r"\s*\S+|\s+$", script.text)
        thoughts = _words(reasoning, script.seed)
        total = len(spoken) + reasoning
    finish = script.finish or "stop"
    if limit is not None and limit < total:
        thoughts, spoken = thoughts[:limit], spoken[: max(0, limit - reasoning)]
        total, finish = limit, script.finish or "length"
    return _worded(script, thoughts, spoken, finish, total)


def message_body(envelope: Envelope, answer: Answer, script: Script, *, with_usage: bool) -> bytes:
    """The body of an answer that is not streamed."""
    parts = [envelope.head("chat.completion"), b'{"index":0,"message":', answer.message]
    parts.append(f',"logprobs":null,"finish_reason":"{answer.finish}"}}]'.encode())
    if with_usage:
        parts += [b',"usage":', envelope.usage(answer, script.cached_tokens)]
    return b"".join([*parts, b"}"])


def events(envelope: Envelope, answer: Answer, script: Script, fail: str, *, asked: bool) -> list[Event]:
    """Every event of the stream in order, failures that are events included.

    `fail` is what this request does get of `script.fail`; `asked` is `stream_options.include_usage`.
    """
    where = script.usage
    if where == "asked":
        where = "last_chunk" if asked else "none"
    if fail == "no_usage":
        where = "none"
    usage = envelope.usage(answer, script.cached_tokens)
    head = envelope.head("chat.completion.chunk")
    opening = head + b'{"index":0,"delta":'
    # With include_usage every other chunk says `null`, as OpenAI's do.
    tail = b',"usage":null}' if asked else b"}"
    closing = b',"logprobs":null,"finish_reason":null}]' + tail
    out: list[Event] = [(opening + b'{"role":"assistant","content":"","refusal":null}' + closing, 0)]
    out += [(opening + delta + closing, tokens) for delta, tokens in answer.deltas]
    last = f'{{}},"logprobs":null,"finish_reason":"{answer.finish}"}}]'.encode()
    out.append((opening + last + (b',"usage":' + usage + b"}" if where == "with_finish" else tail), 0))
    if where == "last_chunk":
        out.append((head + b'],"usage":' + usage + b"}", 0))
    if fail != "no_done":
        out.append((b"[DONE]", 0))
    return _spoiled(out, script, fail, opening, closing)


def _spoiled(out: list[Event], script: Script, fail: str, opening: bytes, closing: bytes) -> list[Event]:
    at = script.at
    if fail == "garbage":
        out.insert(at, (opening[: len(opening) // 2], 0))
    elif fail == "bigline":
        bare = len(opening) + len(closing) + len('data: {"content":""}')
        out.insert(at, (opening + b'{"content":"' + b"x" * max(0, script.size - bare) + b'"}' + closing, 0))
    elif fail == "error_event":
        return [*out[:at], (error_body("The scripted provider fails here.", "server_error", code="scripted"), 0)]
    return out


def _worded(script: Script, thoughts: list[str], spoken: list[str], finish: str, total: int) -> Answer:
    field = "refusal" if script.kind == "refusal" else "content"
    shown = thoughts if script.kind == "reasoning" else []
    deltas = [*_deltas(script.reasoning_field, shown), *_deltas(field, spoken)]
    message: dict[str, str | None] = {"role": "assistant", "content": None, "refusal": None}
    message[field] = "".join(spoken)
    if shown:
        message[script.reasoning_field] = "".join(shown)
    return Answer(tuple(deltas), _encode(message), finish, total, len(thoughts))


def _deltas(field: str, pieces: list[str]) -> list[Event]:
    return [(b'{"%b":%b}' % (field.encode(), _encode(piece)), 1) for piece in pieces]


def _tool_calls(script: Script, tool: str) -> Answer:
    """One call, or two parallel ones; arguments are `text`, or made up, and come in pieces of a few letters."""
    deltas: list[Event] = []
    calls: list[dict[str, object]] = []
    for index in range(2 if script.kind == "tools" else 1):
        city = _WORDS[(script.seed + index) % len(_WORDS)]
        arguments = script.text if script.text is not None else f'{{"city":"{city}","days":{index + 1}}}'
        call_id = f"call_fake_{script.seed}_{index}"
        empty = {"name": tool, "arguments": ""}
        opening: dict[str, object] = {"index": index, "id": call_id, "type": "function", "function": empty}
        deltas.append((_encode({"tool_calls": [opening]}), 0))
        for start in range(0, len(arguments), 5):
            piece = {"index": index, "function": {"arguments": arguments[start : start + 5]}}
            deltas.append((_encode({"tool_calls": [piece]}), 1))
        function = {"name": tool, "arguments": arguments}
        calls.append({"id": call_id, "type": "function", "function": function})
    message = _encode({"role": "assistant", "content": None, "refusal": None, "tool_calls": calls})
    tokens = sum(count for _, count in deltas)
    return Answer(tuple(deltas), message, script.finish or "tool_calls", tokens, 0)


def _words(count: int, seed: int) -> list[str]:
    """`count` words, each but the first with its space before it, the same ones for the same seed."""
    chosen = random.Random(seed).choices(_WORDS, k=count)  # noqa: S311 - made to be foreseen
    return [word if index == 0 else " " + word for index, word in enumerate(chosen)]
