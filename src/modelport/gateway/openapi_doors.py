"""The doors beside chat completions in the OpenAPI document: what goes in, what comes out, at the level of a reference.

Fields that are not listed are let through or mean nothing, as in the dialect's own documentation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["DOORS", "Described", "schemas"]

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_NUMBER: Final[Schema] = {"type": "number"}
_FLAG: Final[Schema] = {"type": "boolean"}
_ANY: Final[Schema] = {"type": "object", "additionalProperties": True}
_USD: Final[Schema] = {"type": "number", "description": "What was charged, in USD."}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _either(*kinds: Schema) -> Schema:
    return {"anyOf": list(kinds)}


def _object(required: str = "", /, **properties: Schema) -> Schema:
    """An object; the names of `required` stand in one text."""
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": True}
    if required:
        found["required"] = required.split()
    return found


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_SAMPLING: Final = {"temperature": _NUMBER, "top_p": _NUMBER}
_LIST_OF_OBJECTS: Final = _list(_ANY)
_MODEL: Final = {**_TEXT, "description": "A model's id, as `/api/v1/models` lists it."}
_ROUTING: Final = {
    "models": {**_list(_TEXT), "description": "Models to try after `model`, in this order."},
    "provider": {**_ANY, "description": "Which providers may serve it, as in chat completions."},
}

_COMPLETION_REQUEST: Final = _object(
    "prompt",
    model=_MODEL,
    prompt=_either(_TEXT, _list(_TEXT), _list(_COUNT)),
    suffix=_TEXT,
    echo=_FLAG,
    max_tokens=_COUNT,
    n=_COUNT,
    logprobs=_COUNT,
    stop=_either(_TEXT, _list(_TEXT)),
    seed={"type": "integer"},
    stream=_FLAG,
    **_SAMPLING,
    **_ROUTING,
)
_COMPLETION: Final = _object(
    "id object created model choices",
    id=_TEXT,
    object=_TEXT,
    created=_COUNT,
    model=_TEXT,
    provider=_TEXT,
    choices=_list(_object("index text", index=_COUNT, text=_TEXT, finish_reason=_TEXT, logprobs=_ANY)),
    usage=_object(prompt_tokens=_COUNT, completion_tokens=_COUNT, total_tokens=_COUNT, cost=_USD),
)
_RESPONSE_REQUEST: Final = _object(
    "input",
    model=_MODEL,
    input=_either(_TEXT, _LIST_OF_OBJECTS),
    instructions=_TEXT,
    max_output_tokens=_COUNT,
    tools=_LIST_OF_OBJECTS,
    tool_choice=_either(_TEXT, _ANY),
    parallel_tool_calls=_FLAG,
    reasoning=_object(effort=_TEXT, max_tokens=_COUNT, summary=_TEXT, enabled=_FLAG, exclude=_FLAG),
    text=_object(format=_ANY, verbosity=_TEXT),
    include=_list(_TEXT),
    store={"const": False, "description": "Nothing is stored here: the whole conversation is wanted in `input`."},
    stream=_FLAG,
    **_SAMPLING,
    **_ROUTING,
)
_RESPONSE: Final = _object(
    "id object status model output",
    id=_TEXT,
    object={"const": "response"},
    status={"enum": ["in_progress", "completed", "incomplete", "failed"]},
    model=_TEXT,
    output=_LIST_OF_OBJECTS,
    error=_either(_object("code message", code=_TEXT, message=_TEXT), {"type": "null"}),
    incomplete_details=_either(_object(reason=_TEXT), {"type": "null"}),
    usage=_object(input_tokens=_COUNT, output_tokens=_COUNT, total_tokens=_COUNT, cost=_USD),
)
_MESSAGES_REQUEST: Final = _object(
    "model messages max_tokens",
    model=_MODEL,
    messages=_list(
        _object(
            "role content", role={"enum": ["user", "assistant", "system"]}, content=_either(_TEXT, _LIST_OF_OBJECTS)
        )
    ),
    system=_either(_TEXT, _LIST_OF_OBJECTS),
    max_tokens={"type": "integer", "minimum": 1},
    top_k=_COUNT,
    stop_sequences=_list(_TEXT),
    tools=_LIST_OF_OBJECTS,
    tool_choice=_ANY,
    thinking=_object("type", type={"enum": ["enabled", "disabled", "adaptive"]}, budget_tokens=_COUNT),
    metadata=_object(user_id=_TEXT),
    stream=_FLAG,
    **_SAMPLING,
    **_ROUTING,
)
_MESSAGE: Final = _object(
    "id type role model content stop_reason usage",
    id=_TEXT,
    type={"const": "message"},
    role={"const": "assistant"},
    model=_TEXT,
    content=_LIST_OF_OBJECTS,
    stop_reason=_TEXT,
    stop_sequence=_either(_TEXT, {"type": "null"}),
    usage=_object(
        "input_tokens output_tokens",
        input_tokens=_COUNT,
        output_tokens=_COUNT,
        cache_read_input_tokens=_COUNT,
        cache_creation_input_tokens=_COUNT,
        cost=_USD,
    ),
)
_GEMINI_REQUEST: Final = _object(
    "contents",
    contents=_list(_object("parts", role={"enum": ["user", "model"]}, parts=_LIST_OF_OBJECTS)),
    systemInstruction=_object(parts=_LIST_OF_OBJECTS),
    tools=_LIST_OF_OBJECTS,
    toolConfig=_ANY,
    generationConfig=_object(
        maxOutputTokens=_COUNT,
        temperature=_NUMBER,
        topP=_NUMBER,
        topK=_NUMBER,
        stopSequences=_list(_TEXT),
        responseMimeType=_TEXT,
        responseSchema=_ANY,
        thinkingConfig=_object(thinkingBudget={"type": "integer"}, thinkingLevel=_TEXT, includeThoughts=_FLAG),
    ),
)
_GEMINI_ANSWER: Final = _object(
    "candidates",
    candidates=_list(_object(content=_object(role=_TEXT, parts=_LIST_OF_OBJECTS), finishReason=_TEXT, index=_COUNT)),
    usageMetadata=_object(
        promptTokenCount=_COUNT, candidatesTokenCount=_COUNT, thoughtsTokenCount=_COUNT, totalTokenCount=_COUNT
    ),
    modelVersion=_TEXT,
    responseId=_TEXT,
)
_CONVERSE_REQUEST: Final = _object(
    "messages",
    messages=_list(_object("role content", role={"enum": ["user", "assistant"]}, content=_LIST_OF_OBJECTS)),
    system=_LIST_OF_OBJECTS,
    inferenceConfig=_object(maxTokens=_COUNT, temperature=_NUMBER, topP=_NUMBER, stopSequences=_list(_TEXT)),
    toolConfig=_object(tools=_LIST_OF_OBJECTS, toolChoice=_ANY),
    additionalModelRequestFields=_ANY,
)
_CONVERSE: Final = _object(
    "output stopReason usage",
    output=_object("message", message=_object("role content", role=_TEXT, content=_LIST_OF_OBJECTS)),
    stopReason=_TEXT,
    usage=_object(inputTokens=_COUNT, outputTokens=_COUNT, totalTokens=_COUNT),
    metrics=_object(latencyMs=_COUNT),
)
_COHERE_REQUEST: Final = _object(
    "model messages",
    model=_MODEL,
    messages=_list(_object("role", role=_TEXT, content=_either(_TEXT, _LIST_OF_OBJECTS), tool_calls=_LIST_OF_OBJECTS)),
    tools=_LIST_OF_OBJECTS,
    tool_choice={"enum": ["REQUIRED", "NONE"]},
    documents=_list(_either(_TEXT, _ANY)),
    response_format=_ANY,
    max_tokens=_COUNT,
    temperature=_NUMBER,
    p=_NUMBER,
    k=_COUNT,
    seed={"type": "integer"},
    stop_sequences=_list(_TEXT),
    thinking=_ANY,
    stream=_FLAG,
)
_COHERE_ANSWER: Final = _object(
    "id message finish_reason",
    id=_TEXT,
    message=_object(role=_TEXT, content=_LIST_OF_OBJECTS, tool_calls=_LIST_OF_OBJECTS, citations=_LIST_OF_OBJECTS),
    finish_reason=_TEXT,
    usage=_object(billed_units=_ANY, tokens=_object(input_tokens=_COUNT, output_tokens=_COUNT)),
)
_EMBEDDINGS_REQUEST: Final = _object(
    "model input",
    model=_MODEL,
    input=_either(_TEXT, _list(_TEXT), _list(_COUNT), _list(_list(_COUNT)), _LIST_OF_OBJECTS),
    encoding_format={"enum": ["float", "base64"]},
    dimensions=_COUNT,
    input_type=_TEXT,
    user=_TEXT,
    **_ROUTING,
)
_EMBEDDINGS: Final = _object(
    "object data model",
    object={"const": "list"},
    model=_TEXT,
    data=_list(_object("index embedding", object=_TEXT, index=_COUNT, embedding=_either(_list(_NUMBER), _TEXT))),
    usage=_object(prompt_tokens=_COUNT, total_tokens=_COUNT, cost=_USD),
)
_RERANK_REQUEST: Final = _object(
    "model query documents",
    model=_MODEL,
    query=_TEXT,
    documents=_list(_either(_TEXT, _ANY)),
    top_n=_COUNT,
    return_documents=_FLAG,
    **_ROUTING,
)
_RERANK: Final = _object(
    "results",
    id=_TEXT,
    model=_TEXT,
    results=_list(_object("index relevance_score", index=_COUNT, relevance_score=_NUMBER, document=_ANY)),
    usage=_object(search_units=_COUNT, total_tokens=_COUNT, cost=_USD),
)
_EMBED_REQUEST: Final = _object(
    "model",
    model=_MODEL,
    texts=_list(_TEXT),
    images=_list(_TEXT),
    inputs=_LIST_OF_OBJECTS,
    input_type=_TEXT,
    embedding_types=_list(_TEXT),
    output_dimension=_COUNT,
    truncate={"enum": ["NONE", "START", "END"]},
)
_EMBED: Final = _object("embeddings", id=_TEXT, embeddings=_ANY, texts=_list(_TEXT), meta=_ANY)
_TOKENS: Final = _object("input_tokens", input_tokens=_COUNT)

_SCHEMAS: Final = {
    "CompletionRequest": _COMPLETION_REQUEST,
    "Completion": _COMPLETION,
    "ResponseRequest": _RESPONSE_REQUEST,
    "ResponseObject": _RESPONSE,
    "MessagesRequest": _MESSAGES_REQUEST,
    "MessageAnswer": _MESSAGE,
    "GenerateContentRequest": _GEMINI_REQUEST,
    "GenerateContentAnswer": _GEMINI_ANSWER,
    "ConverseRequest": _CONVERSE_REQUEST,
    "ConverseAnswer": _CONVERSE,
    "CohereChatRequest": _COHERE_REQUEST,
    "CohereChatAnswer": _COHERE_ANSWER,
    "EmbeddingsRequest": _EMBEDDINGS_REQUEST,
    "EmbeddingsAnswer": _EMBEDDINGS,
    "RerankRequest": _RERANK_REQUEST,
    "RerankAnswer": _RERANK,
    "CohereEmbedRequest": _EMBED_REQUEST,
    "CohereEmbedAnswer": _EMBED,
}


def schemas() -> dict[str, Schema]:
    """The doors' schemas by their names, for the document's components."""
    return {name: {"title": name, **schema} for name, schema in _SCHEMAS.items()}


@dataclass(frozen=True, slots=True)
class Described:
    """One door as the document tells of it."""

    name: str
    """The operation's id."""
    tag: str
    summary: str
    request: Schema
    answer: Schema
    streams: str = ""
    """The media type of a streamed answer; empty where there is none."""
    only_streams: bool = False
    parameters: tuple[str, ...] = field(default=())
    """Names in the address."""


_SSE: Final = "text/event-stream"
_AMAZON: Final = "application/vnd.amazon.eventstream"
_GEMINI_PATH: Final = "/v1beta/models/{model}:"
_M: Final = ("model",)

DOORS: Final[dict[str, Described]] = {
    "/api/v1/completions": Described(
        "completions", "Chat", "Text completion", _ref("CompletionRequest"), _ref("Completion"), _SSE
    ),
    "/api/v1/responses": Described(
        "responses", "Responses", "OpenAI Responses; nothing is stored", _ref("ResponseRequest"),
        _ref("ResponseObject"), _SSE,
    ),
    "/api/v1/messages": Described(
        "messages", "Messages", "Anthropic Messages", _ref("MessagesRequest"), _ref("MessageAnswer"), _SSE
    ),
    "/api/v1/messages/count_tokens": Described(
        "count_message_tokens", "Messages", "Tokens of a message, counted free of charge",
        {"allOf": [_object("model messages", model=_MODEL, messages=_LIST_OF_OBJECTS)]}, _TOKENS,
    ),
    "/api/v1/embeddings": Described(
        "embeddings", "Vectors", "Embeddings", _ref("EmbeddingsRequest"), _ref("EmbeddingsAnswer")
    ),
    "/api/v1/rerank": Described("rerank", "Vectors", "Ranking of documents", _ref("RerankRequest"),
                                _ref("RerankAnswer")),
    _GEMINI_PATH + "generateContent": Described(
        "gemini_generate", "Gemini", "Gemini, whole", _ref("GenerateContentRequest"), _ref("GenerateContentAnswer"),
        parameters=_M,
    ),
    _GEMINI_PATH + "streamGenerateContent": Described(
        "gemini_stream", "Gemini", "Gemini, streamed: events with alt=sse, else one array",
        _ref("GenerateContentRequest"), _list(_ref("GenerateContentAnswer")), _SSE, parameters=_M,
    ),
    _GEMINI_PATH + "countTokens": Described(
        "gemini_count_tokens", "Gemini", "Tokens of a request, counted free of charge", _ANY,
        _object("totalTokens", totalTokens=_COUNT), parameters=_M,
    ),
    _GEMINI_PATH + "embedContent": Described(
        "gemini_embed", "Gemini", "One embedding", _object("content", content=_ANY, taskType=_TEXT,
                                                           outputDimensionality=_COUNT),
        _object("embedding", embedding=_object(values=_list(_NUMBER))), parameters=_M,
    ),
    _GEMINI_PATH + "batchEmbedContents": Described(
        "gemini_embed_batch", "Gemini", "Several embeddings", _object("requests", requests=_LIST_OF_OBJECTS),
        _object("embeddings", embeddings=_list(_object(values=_list(_NUMBER)))), parameters=_M,
    ),
    "/model/{model}/converse": Described(
        "bedrock_converse", "Converse", "Bedrock Converse, whole", _ref("ConverseRequest"), _ref("ConverseAnswer"),
        parameters=_M,
    ),
    "/model/{model}/converse-stream": Described(
        "bedrock_converse_stream", "Converse", "Bedrock Converse, streamed", _ref("ConverseRequest"), _ANY, _AMAZON,
        only_streams=True, parameters=_M,
    ),
    "/v2/chat": Described(
        "cohere_chat", "Cohere v2", "Cohere v2 chat", _ref("CohereChatRequest"), _ref("CohereChatAnswer"), _SSE
    ),
    "/v2/embed": Described("cohere_embed", "Cohere v2", "Cohere v2 embeddings", _ref("CohereEmbedRequest"),
                           _ref("CohereEmbedAnswer")),
    "/v1/embed": Described("cohere_embed_v1", "Cohere v2", "The same, for Cohere's older client",
                           _ref("CohereEmbedRequest"), _ref("CohereEmbedAnswer")),
    "/v2/rerank": Described("cohere_rerank", "Cohere v2", "Cohere v2 ranking", _ref("RerankRequest"),
                            _ref("RerankAnswer")),
}  # fmt: skip
"""By the address that is shown; most have others that mean the same."""
