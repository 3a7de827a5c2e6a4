"""The inference routes' part of the OpenAPI document: they are plain ASGI, so the framework does not know them.

Errors are shown in the form of chat completions; at another door they come in that dialect's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from modelport.dialects.openai_chat.wire import Message, Peek
from modelport.gateway import openapi_doors
from modelport.gateway.openapi_doors import Described

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["with_inference"]

_ERRORS = {
    "400": "The request can't be read, or asks for what can't be.",
    "401": "No key, or one that is not valid.",
    "402": "Credits do not suffice.",
    "403": "The key may not do this, or has spent what it may.",
    "404": "No endpoint can serve this request.",
    "408": "The request did not arrive in time.",
    "413": "The request is too large.",
    "429": "A limit is reached, here or at the provider.",
    "502": "The provider failed.",
    "503": "Nothing can serve this now; a retry may help.",
    "504": "The provider took too long.",
}


_STREAMED = " Streamed, events that end with usage and the dialect's own last word."
_CHAT = Described(
    "chat_completions",
    "Chat",
    "Chat completion, whole or streamed",
    {"$ref": "#/components/schemas/ChatRequest"},
    {"type": "object", "additionalProperties": True},
    "text/event-stream",
)


def with_inference(make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The framework's document with the inference routes in it."""

    def openapi() -> dict[str, Any]:
        document = make()
        if "/api/v1/chat/completions" not in document["paths"]:
            _tell_refusals(document)
            (peek, message), parts = msgspec.json.schema_components(
                [Peek, Message], ref_template="#/components/schemas/{name}", schema_hook=lambda _: {}
            )
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas |= parts
            schemas["Error"] = _error_schema()
            schemas["ChatRequest"] = {
                "title": "ChatRequest",
                "description": "Fields that are not listed travel to the provider as they are.",
                "allOf": [peek, _messages(message)],
            }
            schemas |= openapi_doors.schemas()
            for path, described in {"/api/v1/chat/completions": _CHAT, **openapi_doors.DOORS}.items():
                document["paths"][path] = {"post": _operation(described)}
            document["paths"]["/api/v1/route"] = {"post": _planning()}
            document["components"].setdefault("securitySchemes", {})["apiKey"] = {"type": "http", "scheme": "bearer"}
        return document

    return openapi


_REFUSALS = {
    "400": "The request can't be read, or asks for what can't be.",
    "401": "Not signed in, or no valid key.",
    "402": "Credits do not suffice.",
    "403": "The caller may not do this.",
    "404": "No such thing, or none that the caller may see.",
    "409": "It is there already, or something stands against it.",
    "429": "Too many tries.",
    "502": "Another server that is needed for this fails.",
    "503": "This can't be served now; a retry may help.",
}
_REFERENCE_ERRORS = frozenset({"Chat", "Vectors"})
_HEALTH = frozenset({"/healthz", "/readyz"})


def _tell_refusals(document: dict[str, Any]) -> None:
    """Says of every route of the control plane how it refuses; the framework's own 422 never leaves this house."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    refusals = {code: {"description": text, "content": content} for code, text in _REFUSALS.items()}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            if path not in _HEALTH:
                operation["responses"] |= refusals
    for name in ("HTTPValidationError", "ValidationError"):
        document.get("components", {}).get("schemas", {}).pop(name, None)
    document["paths"]["/readyz"]["get"]["responses"]["503"] = {
        "description": "It can't.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }


def _messages(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "messages": {"type": "array", "minItems": 1, "items": message},
            "prompt": {"type": "string", "description": "Instead of `messages`: one message of the user."},
        },
    }


def _error_schema() -> dict[str, Any]:
    return {
        "title": "Error",
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"type": "integer", "description": "The HTTP status."},
                    "message": {"type": "string"},
                    "metadata": {"type": "object", "additionalProperties": True},
                },
            }
        },
    }


def _operation(described: Described) -> dict[str, Any]:
    # Errors come in the dialect of the door: only these two are the reference's own.
    shape = {"$ref": "#/components/schemas/Error"} if described.tag in _REFERENCE_ERRORS else {"type": "object"}
    error = {"application/json": {"schema": shape}}
    content: dict[str, Any] = {}
    if not described.only_streams:
        content["application/json"] = {"schema": described.answer}
    if described.streams:
        content[described.streams] = {"schema": {"type": "string"}}
    operation: dict[str, Any] = {
        "operationId": described.name,
        "tags": [described.tag],
        "summary": described.summary,
        "security": [{"apiKey": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": described.request}}},
        "responses": {
            "200": {"description": "The answer." + (_STREAMED if described.streams else ""), "content": content},
            **{code: {"description": text, "content": error} for code, text in _ERRORS.items()},
        },
    }
    if described.parameters:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in described.parameters
        ]
    return operation


def _planning() -> dict[str, Any]:
    operation = _operation(_CHAT)
    answer = {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}
    return {
        **operation,
        "operationId": "plan_route",
        "tags": ["Routing"],
        "summary": "How a chat request would be routed now; nothing is sent or charged",
        "responses": {
            **operation["responses"],
            "200": {"description": "Each endpoint with its place or why it was left out, in words.", "content": answer},
        },
    }
