"""The wire types of Responses: what this house reads of requests, items, answers and events.

Source: OpenAI's API reference and its Python client (`openai` 3.54, `types/responses`), the reference's specification
(`/responses`), and the recorded traffic. A field that is present but null means "not set".
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import NULL

__all__ = [
    "GATEWAY_FIELDS",
    "ITEM_FORMAT",
    "KIND",
    "NULL",
    "OPENAI_FORMAT",
    "Answer",
    "Body",
    "CallItem",
    "CustomCallItem",
    "Delta",
    "ErrorEvent",
    "EventType",
    "Fault",
    "ImageItem",
    "IncompleteDetails",
    "ItemEvent",
    "Kind",
    "MessageItem",
    "Part",
    "ReasoningBody",
    "ReasoningItem",
    "ResponseEvent",
    "ResultItem",
    "SearchItem",
    "TextBody",
    "ToolBody",
    "ToolChoiceBody",
    "UsageBody",
    "UsageDetails",
]

_Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]

OPENAI_FORMAT = "openai-responses-v1"
"""The reference's name of what a reasoning item holds when nothing else is said of it."""

ITEM_FORMAT = "openai-responses-item-v1"
"""Ours, for a whole item that the vocabulary has no words for (a web search, a shell call, a compaction): it travels as
an encrypted block of reasoning, because those go to the caller and come back unchanged in every dialect."""

GATEWAY_FIELDS = frozenset({
    "cache_control", "debug", "deferred_tools", "image_config", "include_reasoning", "models", "plugins", "preset",
    "provider", "route", "session_id", "stop_server_tools_when", "trace", "transforms", "usage",
})  # fmt: skip
"""Request fields meant for the gateway (`behaviour.md` section 2), kept in `Request.extra` and never sent on."""


class ReasoningBody(Struct):
    """`reasoning` of a request; `max_tokens`, `enabled` and `exclude` are the reference's."""

    effort: _Effort | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    enabled: bool | None = None
    exclude: bool | None = None
    summary: str | None = None
    generate_summary: str | None = None
    """The old name of `summary`."""


class Format(Struct):
    """`text.format` of a request."""

    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: Raw = NULL
    strict: bool | None = None
    description: str | None = None


class TextBody(Struct):
    """`text` of a request."""

    format: Format | None = None
    verbosity: str | None = None


class ToolBody(Struct):
    """One of a request's `tools`."""

    type: str
    name: str | None = None
    description: str | None = None
    parameters: Raw = NULL
    strict: bool | None = None
    server_label: str | None = None
    """The name of an `mcp` server."""


class ToolChoiceBody(Struct):
    """`tool_choice` of a request, as an object."""

    type: str
    name: str | None = None
    mode: Literal["auto", "required"] | None = None
    tools: list[dict[str, Raw]] | None = None
    """The only tools that may be called, with `allowed_tools`."""
    server_label: str | None = None


class CacheControl(Struct):
    """The reference's mark for the end of a cached prefix."""

    ttl: str | None = None


class Body(Struct):
    """A request, its composite fields left for `request.py` to read one by one. Ranges are the reference's."""

    model: str | None = None
    input: str | list[Raw] | None = None
    instructions: str | None = None
    stream: bool | None = None
    store: bool | None = None
    background: bool | None = None
    previous_response_id: Raw = NULL
    conversation: Raw = NULL
    prompt: Raw = NULL
    max_output_tokens: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=0)] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    stop: str | list[str] | None = None
    tools: list[Raw] | None = None
    tool_choice: str | ToolChoiceBody | None = None
    parallel_tool_calls: bool | None = None
    reasoning: ReasoningBody | None = None
    text: TextBody | None = None
    include: list[str] | None = None
    modalities: list[str] | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    user: str | None = None
    cache_control: CacheControl | None = None


class Kind(Struct):
    """What an item is; a message may leave its type out."""

    type: str | None = None
    role: str | None = None


class AudioData(Struct):
    """`input_audio` of a part."""

    data: str | None = None
    format: str | None = None


class Part(Struct):
    """One part of a message, a tool's output, or a reasoning item."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    annotations: list[Raw] | None = None
    logprobs: list[Raw] | None = None
    image_url: str | None = None
    detail: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    file_data: str | None = None
    filename: str | None = None
    input_audio: AudioData | None = None
    video_url: str | None = None
    prompt_cache_breakpoint: Raw = NULL
    cache_control: CacheControl | None = None


class MessageItem(Struct):
    """A message, in a request or an answer."""

    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: str | list[Part] | None = None


class CallItem(Struct):
    """`function_call`."""

    call_id: str | None = None
    id: str | None = None
    name: str = ""
    arguments: str | None = None


class CustomCallItem(Struct):
    """`custom_tool_call`: the model's input is plain text."""

    call_id: str | None = None
    id: str | None = None
    name: str = ""
    input: str | None = None


class ResultItem(Struct):
    """`function_call_output` and `custom_tool_call_output`."""

    call_id: str
    output: str | list[Part] | None = None


class ReasoningItem(Struct):
    """`reasoning`; `signature` and `format` are the reference's."""

    id: str | None = None
    summary: list[Part] | None = None
    content: list[Part] | None = None
    encrypted_content: str | None = None
    signature: str | None = None
    format: str | None = None


class ImageItem(Struct):
    """`image_generation_call`."""

    result: str | None = None
    output_format: str | None = None


class _Action(Struct):
    type: str | None = None


class SearchItem(Struct):
    """`web_search_call`."""

    action: _Action | None = None


class UsageDetails(Struct):
    """What a count is made of."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class ServerTools(Struct):
    """How often xAI's own tools ran."""

    web_search_calls: int | None = None
    x_search_calls: int | None = None


class UsageBody(Struct):
    """`usage` of an answer; a few servers use the chat dialect's names."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_details: UsageDetails | None = None
    output_tokens_details: UsageDetails | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    server_side_tool_usage_details: ServerTools | None = None


class IncompleteDetails(Struct):
    """Why an answer is not whole."""

    reason: str | None = None


class Fault(Struct):
    """An error, wherever it stands."""

    message: str | None = None
    code: str | int | None = None
    type: str | None = None


class Answer(Struct):
    """A response object, whole or still growing."""

    output: list[Raw] | None = None
    id: str | None = None
    model: str | None = None
    status: str | None = None
    error: Fault | str | None = None
    incomplete_details: IncompleteDetails | None = None
    usage: Raw = NULL


class EventType(Struct):
    """All that is known of an event at first."""

    type: str | None = None
    error: Raw = NULL


class Delta(Struct):
    """An event about a part: a `delta` more of it, a citation in it, or the `part` when it is done."""

    output_index: int | None = None
    content_index: int = 0
    summary_index: int = 0
    delta: str | None = None
    logprobs: list[Raw] | None = None
    annotation: Raw = NULL
    part: Raw = NULL


class ItemEvent(Struct):
    """An item has begun or is done."""

    item: Raw = NULL
    output_index: int | None = None


class ResponseEvent(Struct):
    """The response as it stands; none where it can't be read, for an end is an end all the same."""

    response: Answer = msgspec.field(default_factory=Answer)


class ErrorEvent(Struct):
    """`error`, flat as documented or nested as OpenAI really sends it (recorded)."""

    message: str | None = None
    code: str | int | None = None
    error: Fault | str | None = None


KIND = Forgiving(Kind)
"""Reads what an item is."""
