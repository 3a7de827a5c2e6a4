"""Messages as plugins look at them: those of chat completions as they came, those of every other door canonically."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Message, Part, Role, Target, Text, ToolCall, ToolResult
from modelport.gateway.asked import ChatAsked
from modelport.gateway.dialect_table import DIALECTS
from modelport.gateway.extras_context import cut

if TYPE_CHECKING:
    from modelport.gateway.asked import Asked
    from modelport.gateway.door import Address, Door

__all__ = ["AsChat", "Canonical", "chat_messages", "with_chat_messages", "with_messages"]

_MESSAGES: Final = msgspec.json.Decoder(list[dict[str, Raw]])
_PARTS: Final = msgspec.json.Decoder(list[dict[str, Raw]])
_TEXT: Final = msgspec.json.Decoder(str)
_ALL_OF_IT: Final = frozenset({"cache_points", "hour_cache_points", "claude", "new_tools"})
"""What some models alone know: a caller's own request is written again as it was, whoever will serve it."""


class AsChat:
    """Messages of chat completions."""

    def role(self, message: dict[str, Raw]) -> str:
        """Who speaks."""
        raw = bytes(message.get("role", b""))
        return _TEXT.decode(raw) if raw[:1] == b'"' else ""

    def texts(self, message: dict[str, Raw]) -> list[str]:
        """The words of the content."""
        raw = bytes(message.get("content", b"null")).lstrip()
        if raw.startswith(b'"'):
            return [_TEXT.decode(raw)]
        if raw.startswith(b"["):
            return [_TEXT.decode(part["text"]) for part in _PARTS.decode(raw) if _has_text(part)]
        return []

    def calls(self, message: dict[str, Raw]) -> str:
        """The calls, as they came."""
        calls = message.get("tool_calls")
        return "" if calls is None else bytes(calls).decode()

    def shorten(self, message: dict[str, Raw], keep: float) -> None:
        """Cuts the middle out of each text."""
        raw = bytes(message.get("content", b"null")).lstrip()
        if raw.startswith(b'"'):
            message["content"] = Raw(msgspec.json.encode(cut(_TEXT.decode(raw), keep)))
        elif raw.startswith(b"["):
            parts = _PARTS.decode(raw)
            for part in parts:
                if _has_text(part):
                    part["text"] = Raw(msgspec.json.encode(cut(_TEXT.decode(part["text"]), keep)))
            message["content"] = Raw(msgspec.json.encode(parts))


class Canonical:
    """Messages of any other dialect."""

    def role(self, message: Message) -> str:
        """Who speaks; results are the tool's, also where a dialect puts them into the user's turn."""
        only_results = bool(message.parts) and all(isinstance(part, ToolResult) for part in message.parts)
        return Role.TOOL.value if only_results else message.role.value

    def texts(self, message: Message) -> list[str]:
        """The words, those of results included."""
        return [text.text for text in _texts(message.parts)]

    def calls(self, message: Message) -> str:
        """Names and arguments."""
        return "".join(part.name + part.arguments for part in message.parts if isinstance(part, ToolCall))

    def shorten(self, message: Message, keep: float) -> None:
        """Cuts the middle out of each text."""
        for text in _texts(message.parts):
            text.text = cut(text.text, keep)


def _has_text(part: dict[str, Raw]) -> bool:
    return bytes(part.get("text", b""))[:1] == b'"'


def _texts(parts: list[Part]) -> list[Text]:
    found: list[Text] = []
    for part in parts:
        if isinstance(part, Text):
            found.append(part)
        elif isinstance(part, ToolResult):
            found += _texts(part.parts)
    return found


def chat_messages(asked: Asked) -> list[dict[str, Raw]]:
    """The messages of a chat request, as they came."""
    assert asked.chat is not None
    return _MESSAGES.decode(asked.chat.fields["messages"])


def with_chat_messages(asked: Asked, messages: object) -> Asked:
    """A chat request with other messages."""
    assert asked.chat is not None
    return ChatAsked(msgspec.json.encode(asked.chat.fields | {"messages": Raw(msgspec.json.encode(messages))}))


def with_messages(asked: Asked, messages: list[Message], door: Door, address: Address) -> Asked:
    """A request of any other door with other messages, written in its own dialect and read again."""
    request = msgspec.structs.replace(asked.canonical, messages=messages)
    target = Target(request.model, request.stream, keeps=frozenset(request.extra), quirks=_ALL_OF_IT)
    return door.read(DIALECTS[door.dialect].write_request(request, target), address)
