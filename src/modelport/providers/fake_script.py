"""What the scripted provider is told to do: the script's keys, and how they are read from a request.

Two places, the second wins: the model's name after `?` (`text?tokens=20&interval_ms=5`), and the first line of
the last user message if it starts with `fake:` (`fake: tokens=30 fail=reset at=5`, values quoted as in a shell).
"""

from __future__ import annotations

import shlex
import zlib
from functools import lru_cache
from typing import Annotated, Literal, get_args
from urllib.parse import parse_qsl

import msgspec

__all__ = ["FAILS", "KINDS", "BadScript", "Fail", "Script", "draws_failure", "read_script"]

Kind = Literal["text", "tool", "tools", "reasoning", "refusal", "empty"]
Fail = Literal[
    "none",
    "status",  # an error status with a JSON body
    "reset",  # TCP reset: at=0 before any byte, else after `at` events
    "truncate",  # the connection ends in the middle of event `at`
    "stall",  # silence: at=0 before any byte, else after `at` events
    "garbage",  # event `at` is broken JSON, the rest is whole
    "html",  # a web page instead of an answer, by default with status 200
    "error_event",  # after `at` events an `error` object, then the end without [DONE]
    "empty200",  # status 200 and nothing in it
    "badchunk",  # after `at` events an invalid chunk size
    "no_done",  # all but `data: [DONE]`
    "no_usage",  # no usage, although it was asked for
    "bigline",  # event `at` is one line of `size` bytes
]
KINDS: tuple[str, ...] = get_args(Kind)
FAILS: tuple[str, ...] = get_args(Fail)
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Millis = Annotated[float, msgspec.Meta(ge=0, le=3_600_000)]


class BadScript(ValueError):
    """The script can't be read; the message names the key."""


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request's orders."""

    kind: Kind = "text"
    tokens: Count = 16
    """Completion tokens in all, hidden or shown reasoning included. Tool calls and `text` count their pieces."""
    text: str | None = None
    """The answer, word for word; `@last` is the last user message, `@body` the request's body as received."""
    prompt_tokens: Count | None = None
    """Else one for each space in the messages' texts, plus one for each text."""
    cached_tokens: Count = 0
    reasoning_tokens: Count | None = None
    """Part of `tokens`; half of them with kind=reasoning, where they are sent, and else 0."""
    reasoning_field: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    interval_ms: Millis = 0
    """Between two tokens; 0 sends as much at once as the socket takes."""
    first_ms: Millis = 0
    """Before the first byte of the answer, head included."""
    fail: Fail = "none"
    at: Count = 0
    """The event at which to fail: 0 is the role chunk, 1 the first token. Not streamed: 0 or not is what counts."""
    rate: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """The share of requests that fail, drawn from `seed` and the marker: a marker's fate is always the same."""
    seed: int = 0
    """Also chooses the words of the answer."""
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    """For fail=status (500 by default) and fail=html (200)."""
    retry_after: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """Seconds, in the Retry-After header of fail=status."""
    size: Count = 2 << 20
    """Bytes of the line of fail=bigline."""
    finish: Literal["stop", "length", "content_filter"] | None = None
    """Else what fits: stop, tool_calls, or length where the request's limit cut the answer."""
    usage: Literal["asked", "last_chunk", "with_finish", "none"] = "asked"
    """Where a stream reports usage: `asked` is as OpenAI does, by `stream_options.include_usage`."""
    crlf: bool = False
    """Lines of the stream end in CR LF."""
    gzip: bool = False
    """Compressed, whether or not the request accepts it."""
    marker: str = ""
    """Copied to the log."""


def read_script(model: str, message: str) -> tuple[str, Script]:
    """(the model's bare name, the script). A bare name that is a kind stands for it. Raises `BadScript`."""
    line = message.split("\n", 1)[0] if message.startswith("fake:") else ""
    return _read(model, line)


def draws_failure(script: Script, body: bytes) -> bool:
    """Whether this request is among the failing ones; without a marker the body stands for it."""
    if script.fail == "none" or script.rate <= 0:
        return False
    if script.rate >= 1:
        return True
    lot = zlib.crc32(script.marker.encode() or body, script.seed & 0xFFFFFFFF)
    # CRC is linear: without this step, markers counted up would fail in neat runs.
    return ((lot * 2_654_435_761) & 0xFFFFFFFF) / 2**32 < script.rate


@lru_cache(maxsize=4096)
def _read(model: str, line: str) -> tuple[str, Script]:
    name, _, query = model.partition("?")
    orders: dict[str, str] = {"kind": name} if name in KINDS else {}
    try:
        orders.update(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        for word in shlex.split(line[len("fake:") :]):
            key, _, value = word.partition("=")
            orders[key] = value
        return name, msgspec.convert(orders, Script, strict=False)
    except ValueError as error:  # msgspec's and shlex's errors are ValueErrors too
        raise BadScript(f"fake script: {error}") from error
