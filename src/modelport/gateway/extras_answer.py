"""What goes into an answer beside what the model said: mended JSON, what files hold, what a provider was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from msgspec import Raw

from modelport.kit.json_healing import healed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.dialects.canonical import Identity

__all__ = ["Echo", "annotated", "mended", "opening"]

_FIELDS: Final = msgspec.json.Decoder(dict[str, Raw])
_CHOICES: Final = msgspec.json.Decoder(list[dict[str, Raw]])
_RAWS: Final = msgspec.json.Decoder(list[Raw])
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


def annotated(body: bytes, annotations: Sequence[Raw]) -> bytes:
    """A whole chat completion with the annotations of its files."""
    fields = _FIELDS.decode(body)
    choices = _CHOICES.decode(fields["choices"])
    for choice in choices:
        message = _FIELDS.decode(choice["message"])
        own = msgspec.json.decode(message.get("annotations", b"null"), type=list[Raw] | None)
        message["annotations"] = Raw(msgspec.json.encode([*(own or ()), *annotations]))
        choice["message"] = Raw(msgspec.json.encode(message))
    fields["choices"] = Raw(msgspec.json.encode(choices))
    return msgspec.json.encode(fields)


_WORDS: Final = {
    "openai_chat": ("choices", "message", "content"),
    "openai_completions": ("choices", "text"),
    "openai_responses": ("output", "content", "text"),
    "anthropic_messages": ("content", "text"),
    "gemini": ("candidates", "content", "parts", "text"),
    "bedrock_converse": ("output", "message", "content", "text"),
    "cohere_chat": ("message", "content", "text"),
}
"""Where each dialect's whole answers have their words; lists on the way are gone through."""


def mended(body: bytes, dialect: str) -> bytes:
    """A whole answer with the JSON in it mended; all else to the letter. One in several pieces is left as it is."""
    return bytes(_mended(Raw(body), _WORDS[dialect]))


def _mended(raw: Raw, path: tuple[str, ...]) -> Raw:
    """The value with what lies at the path below it mended."""
    said = bytes(raw).lstrip()
    if not path:
        text = healed(msgspec.json.decode(said, type=str)) if said[:1] == b'"' else None
        return raw if text is None else Raw(msgspec.json.encode(text))
    if said[:1] == b"[":
        entries = _RAWS.decode(said)
        spoken = [at for at, entry in enumerate(entries) if _speaks(entry, path)]
        if len(path) == 1 and len(spoken) != 1:
            return raw
        for at in spoken:
            entries[at] = _mended(entries[at], path)
        return Raw(msgspec.json.encode(entries))
    if said[:1] != b"{":
        return raw
    fields = _FIELDS.decode(said)
    if path[0] in fields:
        fields[path[0]] = _mended(fields[path[0]], path[1:])
    return Raw(msgspec.json.encode(fields))


def _speaks(entry: Raw, path: tuple[str, ...]) -> bool:
    """Whether one of several entries holds words of the answer, and no thoughts."""
    if bytes(entry).lstrip()[:1] != b"{":
        return False
    fields = _FIELDS.decode(entry)
    thought = bytes(fields.get("thought", b"")) == b"true" or bytes(fields.get("type", b"")) == b'"reasoning"'
    return path[0] in fields and not thought


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
