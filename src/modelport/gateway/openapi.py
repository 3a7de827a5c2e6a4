"""The inference routes' part of the OpenAPI document: they are plain ASGI, so the framework does not know them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from modelport.dialects.openai_chat.wire import Message, Peek

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


def with_inference(make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The framework's document with the inference routes in it."""

    def openapi() -> dict[str, Any]:
        document = make()
        if "/api/v1/chat/completions" not in document["paths"]:
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
            document["paths"]["/api/v1/chat/completions"] = {"post": _operation()}
            document["paths"]["/api/v1/route"] = {"post": _planning()}
            document["components"].setdefault("securitySchemes", {})["apiKey"] = {"type": "http", "scheme": "bearer"}
        return document

    return openapi


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


def _operation() -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    answer = {"type": "object", "additionalProperties": True}
    return {
        "operationId": "chat_completions",
        "tags": ["Chat"],
        "summary": "Chat completion, whole or streamed",
        "security": [{"apiKey": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ChatRequest"}}},
        },
        "responses": {
            "200": {
                "description": "The answer; with `stream`, events that end with one usage event and `[DONE]`.",
                "content": {
                    "application/json": {"schema": answer},
                    "text/event-stream": {"schema": {"type": "string"}},
                },
            },
            **{code: {"description": text, "content": error} for code, text in _ERRORS.items()},
        },
    }


def _planning() -> dict[str, Any]:
    operation = _operation()
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
