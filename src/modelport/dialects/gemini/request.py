"""Requests of this dialect: what is said of them, and the doors to where they are read, written and patched."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from modelport.dialects.canonical import Target
from modelport.dialects.gemini.request_patch import patch_request
from modelport.dialects.gemini.request_read import read_count_tokens, read_request
from modelport.dialects.gemini.request_write import write_request
from modelport.dialects.gemini.thinking import ALWAYS, THINKING_BUDGET, THINKING_LEVEL

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
    "repetition_penalty": "no such parameter here",
    "min_p": "no such parameter here",
    "top_a": "no such parameter here",
    "logit_bias": "no such parameter here",
    "parallel_tool_calls": "the model decides how many calls it makes at once",
    "strict": "schemas are followed as the model sees fit, and no parameter says more",
    "verbosity": "no such parameter here",
    "prediction": "a hint for speed only",
    "metadata": "no place for it that both of Google's services have",
    "user": "no place for it",
    "cache_control": "the provider caches by itself; its own caches are named by `cachedContent`",
    "detail": "of pictures: told for the whole request only, in other steps",
}
"""What a provider of this dialect is not told, and why."""

REFUSED = {
    "audio.id": "an earlier spoken answer is not kept here",
    "tools": "a tool of another provider's own, but for searching the web and running code",
    "tool_result": "a result needs the name of its function, which only the call tells",
}
"""What can't be asked of a provider of this dialect, because the answer would be another one."""

CHANGED = {
    "system": "system and developer messages all go to `systemInstruction`",
    "reasoning": "an effort becomes a `thinkingLevel` (xhigh and max are high), before Gemini 3 a `thinkingBudget`",
    "response_format": "`json_object` is a `responseMimeType`, `json_schema` a `responseJsonSchema` beside it",
    "tools.parameters": "written as `parametersJsonSchema`, byte for byte",
    "tool_result": "an object goes as it is, other text as `output`, and that of an error as `error`",
    "image_url": "a picture elsewhere becomes `fileData`, its type guessed by its name",
    "thought_signature": "the first call of a step without one says so, in the words Google gives for this",
    "audio.voice": "becomes `speechConfig`; the answer is sound without a header",
}
"""What is said in another way."""

QUIRKS = {
    THINKING_BUDGET: "thinking is told in tokens, and files go beside results: models before Gemini 3",
    THINKING_LEVEL: "thinking is told by a level, and files go into results: models since Gemini 3",
    ALWAYS: "with the first, thinking can't be turned off",
}
"""What `Target.quirks` may name. When neither of the first two is, the model is taken for a new one."""


def path(target_model: str, *, stream: bool) -> str:
    """What follows a provider's base address; always events, never a streamed list."""
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/models/{quote(target_model.removeprefix('models/'), safe='')}:{method}"


def headers(api_key: str) -> dict[str, str]:
    """Authentication of AI Studio; Vertex AI takes the same header with a key of its express mode."""
    return {"x-goog-api-key": api_key, "content-type": "application/json"}


def write_count_tokens(count: int) -> bytes:
    """The answer to a request for counting."""
    return msgspec.json.encode({"totalTokens": count})
