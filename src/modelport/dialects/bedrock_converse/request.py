"""Requests of this dialect, in both directions: what they say in other words, and where they are read and written."""

from __future__ import annotations

from urllib.parse import quote

from modelport.dialects.bedrock_converse.request_read import read_request
from modelport.dialects.bedrock_converse.request_write import patch_request, write_request
from modelport.dialects.bedrock_converse.ways import QUIRKS
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
    "read_request",
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
    "metadata": "meant for who stores answers; a caller's own `requestMetadata` is kept",
    "user": "no word for it here",
    "parallel_tool_calls": "only Claude from 4.5 on can be told, and only where no call is forced",
    "strict": "of tools: for Claude from 4.5 on only",
    "cache_control": "for Claude and Nova only; others refuse cache points",
}
"""What a provider of this dialect is not told, and why."""

REFUSED = {
    "n": "one answer at a time",
    "audio": "no spoken answers",
    "modalities": "`audio` is refused; pictures come where a model draws them",
    "image_url": "an address other than S3's: the provider fetches nothing else",
    "file": "an address other than S3's, an id of a stored file, or a format that the provider does not take",
    "video_url": "an address other than S3's",
}
"""What can't be asked of a provider of this dialect, because the answer would be another one."""

CHANGED = {
    "temperature": "above 1 it becomes 1; left out while Claude thinks, and for Claude from Opus 4.7 on",
    "top_k, top_p": "`top_k` goes where the model wants it, or is left out; `top_p` below 0.95 is while Claude thinks",
    "reasoning": "in the model's own words, by its id; left out for models that can't be asked, with a forced call, "
    "and in Claude's tool loops whose reasoning was not sent back",
    "response_format": "`json_object` becomes a line in the system prompt; `json_schema` is `outputConfig.textFormat`",
    "tool_choice": "`none` leaves the tools out; where earlier calls demand them, a line in the system prompt says it",
    "tools": "functions of earlier calls that are no longer described are named without parameters",
    "verbosity": "becomes Claude's `output_config.effort`, from 4.6 on",
    "system": "system and developer messages all go to the front, but for those a caller of this dialect put in place",
    "messages": "neighbours of one role become one; a conversation that the assistant begins gets a first word",
    "filename": "a name that the service allows is made of it; each document has another",
    "stop": "empty sequences are left out, blank ones for Claude",
    "call ids": "over 64 characters, or with others than letters, digits and `_.:-`, they are rewritten",
}
"""What is said in another way."""


def path(model: str, *, stream: bool) -> str:
    """What follows a provider's base address; the id may hold colons and slashes."""
    return f"/model/{quote(model, safe='')}/{'converse-stream' if stream else 'converse'}"


def headers(api_key: str) -> dict[str, str]:
    """Authentication with a Bedrock API key; a signed request needs `upstream/sigv4.py` instead."""
    return {"authorization": f"Bearer {api_key}", "content-type": "application/json"}
