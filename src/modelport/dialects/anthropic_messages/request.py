"""Requests of this dialect, in both directions: what goes for all of them, and where they are read and written."""

from __future__ import annotations

import msgspec

from modelport.dialects.anthropic_messages.request_patch import patch_request
from modelport.dialects.anthropic_messages.request_read import read_count_tokens, read_request
from modelport.dialects.anthropic_messages.request_write import write_request
from modelport.dialects.anthropic_messages.wire import ADAPTIVE, ADAPTIVE_ONLY, ALWAYS, EAGER, NO_PREFILL, NO_THINKING
from modelport.dialects.canonical import Target

__all__ = [
    "CHANGED",
    "DROPPED",
    "QUIRKS",
    "REFUSED",
    "Target",
    "headers",
    "patch_request",
    "path",
    "read_count_tokens",
    "read_request",
    "write_count_tokens",
    "write_request",
]

DROPPED = {
    "frequency_penalty": "no such parameter here; the reference drops it",
    "presence_penalty": "no such parameter here; the reference drops it",
    "repetition_penalty": "no such parameter here; the reference drops it",
    "min_p": "no such parameter here; the reference drops it",
    "top_a": "no such parameter here; the reference drops it",
    "seed": "no such parameter here; the reference drops it",
    "logit_bias": "no such parameter here; the reference drops it",
    "logprobs": "the provider gives no probabilities",
    "top_logprobs": "the provider gives no probabilities",
    "prediction": "a hint for speed only",
    "metadata": "only a user id can be said here, and `user` says it",
}
"""What a provider of this dialect is not told, and why."""

REFUSED = {
    "n": "one answer at a time",
    "audio": "no spoken answers",
    "modalities": "text is the only kind of answer",
    "input_audio": "no sound in messages",
    "video_url": "no film in messages",
}
"""What can't be asked of a provider of this dialect, because the answer would be another one."""

CHANGED = {
    "temperature": "above 1 it becomes 1; with a thinking budget it is left out (both are refused otherwise)",
    "top_k, top_p": "left out with a thinking budget, but for a `top_p` from 0.95 on",
    "response_format": "`json_object` becomes a line in the system prompt; `json_schema` is `output_config.format`",
    "verbosity": "becomes `output_config.effort`",
    "reasoning": "left out with a forced tool choice and in a tool loop whose reasoning was not sent back",
    "system": "system and developer messages all go to the front, but for those a caller of this dialect put in place",
    "stop": "blank sequences are left out",
}
"""What is said in another way."""

QUIRKS = {
    ADAPTIVE_ONLY: "with the first, a budget is refused: it becomes the nearest effort",
    ADAPTIVE: "the model decides how long to think, by `effort` rather than by a budget",
    NO_THINKING: "the model can't be asked to think",
    ALWAYS: "thinking can't be turned off",
    NO_PREFILL: "an answer that the caller began is not continued, but refused",
    EAGER: "tool arguments are asked for as they are written, as the reference does (`behaviour.md` section 3)",
}
"""What `Target.quirks` may name."""


def path(target_model: str, *, stream: bool) -> str:
    """What follows a provider's base address."""
    del target_model, stream
    return "/messages"


def headers(api_key: str) -> dict[str, str]:
    """Authentication and the fixed headers."""
    return {"x-api-key": api_key, "anthropic-version": "2023-06-01", "content-type": "application/json"}


def write_count_tokens(count: int) -> bytes:
    """The answer to a request for counting."""
    return msgspec.json.encode({"input_tokens": count})
