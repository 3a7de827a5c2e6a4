"""Requests of this dialect, in both directions: what goes for all of them, and where they are read and written."""

from __future__ import annotations

from modelport.dialects.canonical import Target
from modelport.dialects.cohere_chat.request_patch import patch_request
from modelport.dialects.cohere_chat.request_read import read_request
from modelport.dialects.cohere_chat.request_write import write_request

__all__ = [
    "CHANGED",
    "DROPPED",
    "REFUSED",
    "Target",
    "headers",
    "patch_request",
    "path",
    "read_request",
    "write_request",
]

DROPPED = {
    "repetition_penalty": "no such parameter here; the reference drops it",
    "min_p": "no such parameter here; the reference drops it",
    "top_a": "no such parameter here; the reference drops it",
    "logit_bias": "no such parameter here; the reference drops it",
    "top_logprobs": "only the tokens that were chosen have their probabilities here",
    "parallel_tool_calls": "no such parameter here; the model may call several tools at once",
    "verbosity": "no such parameter here",
    "prediction": "a hint for speed only",
    "service_tier": "no such parameter here; a caller of this dialect has `priority`",
    "cache": "the provider caches by itself",
    "user, metadata": "no such parameters here",
    "default_max_tokens": "the dialect demands no length",
    "messages[].parts[].tool_result.is_error": "there is no field for it; the result's own text says it",
    "messages[].parts[].reasoning.format": "what another maker encrypted, signed or put its name to means nothing here",
    "messages[].parts[].tool_call.signature": "another maker's, which means nothing here",
}
"""What a provider of this dialect is not told, and why."""

REFUSED = {
    "n": "one answer at a time",
    "audio": "no spoken answers",
    "modalities": "text is the only kind of answer",
    "input_audio, video_url, file": "messages hold text and pictures only",
    "messages[].parts[].tool_result": "pictures and files in a result",
    "tools[].raw": "a tool of another dialect's own, such as its web search, has no form here",
    "tool_choice": "a named tool that is not among the `tools`",
}
"""What can't be asked of a provider of this dialect, because the answer would be another one."""

CHANGED = {
    "top_p": "`p`, from 0.01 to 0.99 only; the nearest is sent",
    "top_k": "`k`, up to 500 only; the nearest is sent",
    "frequency_penalty, presence_penalty": "from 0 to 1 only; the nearest is sent",
    "stop": "`stop_sequences`",
    "tool_choice": "a single tool is asked for by sending no other and demanding a call",
    "tools[].strict": "`strict_tools`, when every tool is strict",
    "response_format": "`json_schema` is a `json_object` with a schema; its name and `strict` are left out",
    "reasoning": "`thinking`: an effort becomes a share of `max_tokens`, and no budget where there is no such limit",
    "messages[].name": "written before the words",
    "messages[].parts[].reasoning": "a plan of tool calls goes back as `tool_plan`, wherever it stood",
}
"""What is said in another way."""


def path(target_model: str, *, stream: bool) -> str:
    """What follows a provider's base address, which ends in `/v2`."""
    del target_model, stream
    return "/chat"


def headers(api_key: str) -> dict[str, str]:
    """Authentication and the fixed headers."""
    return {"authorization": f"Bearer {api_key}", "content-type": "application/json"}
