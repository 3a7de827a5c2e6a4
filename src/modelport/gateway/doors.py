"""The doors: at which address which dialect is spoken with callers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelport.dialects.anthropic_messages import request as messages_request
from modelport.dialects.bedrock_converse.errors import error_type
from modelport.dialects.bedrock_converse.stream import CONTENT_TYPE
from modelport.dialects.gemini import request as gemini_request
from modelport.gateway import vector_door
from modelport.gateway.dialect_table import GEMINI_ARRAY
from modelport.gateway.door import CHAT, Address, Door

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.dialects.canonical import Request

__all__ = ["Address", "Counting", "Door", "Planning", "find"]


@dataclass(frozen=True, slots=True)
class Counting:
    """An address that counts a request's tokens, free of charge."""

    door: Door
    reads: Callable[[bytes, Address], Request]
    writes: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Planning:
    """An address that tells how a request at a door would be routed, and sends nothing."""

    door: Door


_MESSAGES = Door("anthropic_messages")
_GEMINI = Door("gemini")
_GEMINI_ARRAY = Door("gemini", media_type=b"application/json; charset=utf-8", variant=GEMINI_ARRAY)
_BEDROCK = Door("bedrock_converse", media_type=CONTENT_TYPE.encode(), error_type=error_type)
_COHERE = Door("cohere_chat")

_BY_END: dict[str, Door | Counting | Planning] = {
    "route": Planning(Door(CHAT)),
    "chat/completions": Door(CHAT),
    "completions": Door("openai_completions"),
    "responses": Door("openai_responses"),
    "messages": _MESSAGES,
    "messages/count_tokens": Counting(
        _MESSAGES,
        lambda body, _address: messages_request.read_count_tokens(body),
        messages_request.write_count_tokens,
    ),
    "embeddings": vector_door.EMBEDDINGS,
    "rerank": vector_door.RERANK,
    "embed": vector_door.EMBED_V1,
}
"""By the end of the address, below `/api/v1/` and `/v1/`."""

_BY_END_V2 = {"chat": _COHERE, "embed": vector_door.EMBED_V2, "rerank": vector_door.RERANK_V2}
"""Cohere's own, below `/api/v2/` and `/v2/`."""

_ADDRESSES: dict[str, Door | Counting | Planning] = {
    **{f"{prefix}/{end}": door for prefix in ("/api/v1", "/v1") for end, door in _BY_END.items()},
    **{f"{prefix}/{end}": door for prefix in ("/api/v2", "/v2") for end, door in _BY_END_V2.items()},
}
_GEMINI_COUNTING = Counting(
    _GEMINI,
    lambda body, address: gemini_request.read_count_tokens(body, model=address.model),
    gemini_request.write_count_tokens,
)
_NOTHING = Address()
_GEMINI_ADDRESS = re.compile(r"/(?:api/)?(?:v1beta|v1)/models/(.+):(\w+)")
_BEDROCK_ADDRESS = re.compile(r"/(?:api/)?model/(.+)/(converse|converse-stream)")


def find(path: str, query: bytes = b"") -> tuple[Door | Counting | Planning, Address] | None:
    """What is behind a POST to `path`, and what the address itself says; None for other addresses."""
    if (door := _ADDRESSES.get(path)) is not None:
        return door, _NOTHING
    if (found := _GEMINI_ADDRESS.fullmatch(path)) is not None:
        return _gemini(found[1], found[2], query)
    if (found := _BEDROCK_ADDRESS.fullmatch(path)) is not None:
        return _BEDROCK, Address(found[1], stream=found[2] == "converse-stream")
    return None


def _gemini(model: str, method: str, query: bytes) -> tuple[Door | Counting, Address] | None:
    match method:
        case "generateContent":
            return _GEMINI, Address(model)
        case "streamGenerateContent":
            return _GEMINI if b"alt=sse" in query.split(b"&") else _GEMINI_ARRAY, Address(model, stream=True)
        case "countTokens":
            return _GEMINI_COUNTING, Address(model)
        case "embedContent" | "batchEmbedContents":
            return vector_door.EMBED_CONTENT, Address(model)
        case _:
            return None
