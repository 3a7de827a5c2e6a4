"""What goes into an answer beside what the model said: mended JSON, what files hold, what a provider was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from msgspec import Raw

from modelport.kit.json_healing import healed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.dialects.canonical import Identity

__all__ = ["Echo", "mended_whole", "opening"]

_FIELDS: Final = msgspec.json.Decoder(dict[str, Raw])
_CHOICES: Final = msgspec.json.Decoder(list[dict[str, Raw]])
_LONG: Final = 2_000
"""Characters of one text that an echo repeats."""
_SECRET: Final = frozenset({"api_key", "apikey", "authorization", "password", "secret", "token", "access_token"})


class Echo:
    """The bodies that providers were sent for one request, the tried ones first."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def note(self, body: bytes) -> None:
        """One more attempt."""
        self.bodies.append(body)


def opening(identity: Identity, annotations: Sequence[Raw], echo: Echo | None) -> bytes:
    """Events that go before a stream's first."""
    sent = () if echo is None else [_redacted(msgspec.json.decode(body)) for body in echo.bodies]
    frames: list[dict[str, Any]] = [{"choices": [], "debug": {"echo_upstream_body": body}} for body in sent]
    if annotations:
        delta = {"content": "", "annotations": list(annotations)}
        frames.append({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    signed = {
        "id": identity.id,
        "object": "chat.completion.chunk",
        "created": identity.created,
        "model": identity.model,
        "provider": identity.provider,
    }
    return b"".join(b"data: " + msgspec.json.encode(signed | frame) + b"\n\n" for frame in frames)


def mended_whole(body: bytes, annotations: Sequence[Raw], *, heals: bool) -> bytes:
    """A whole chat completion with its JSON mended and the annotations of its files."""
    fields = _FIELDS.decode(body)
    choices = _CHOICES.decode(fields["choices"])
    for choice in choices:
        message = _FIELDS.decode(choice["message"])
        content = message.get("content")
        if heals and content is not None and bytes(content).startswith(b'"'):
            text = healed(msgspec.json.decode(content, type=str))
            if text is not None:
                message["content"] = Raw(msgspec.json.encode(text))
        if annotations:
            own = msgspec.json.decode(message.get("annotations", b"null"), type=list[Raw] | None)
            message["annotations"] = Raw(msgspec.json.encode([*(own or ()), *annotations]))
        choice["message"] = Raw(msgspec.json.encode(message))
    fields["choices"] = Raw(msgspec.json.encode(choices))
    return msgspec.json.encode(fields)


def _redacted(value: object) -> object:
    """`value` without secrets and without the bulk of files and long texts."""
    if isinstance(value, dict):
        held = cast("dict[str, object]", value)
        return {name: "[redacted]" if name.casefold() in _SECRET else _redacted(each) for name, each in held.items()}
    if isinstance(value, list):
        return [_redacted(each) for each in cast("list[object]", value)]
    if isinstance(value, str) and value.startswith("data:"):
        return f"[{len(value)} characters of data]"
    if isinstance(value, str) and len(value) > _LONG:
        return f"{value[:_LONG]}[{len(value) - _LONG} more characters]"
    return value
