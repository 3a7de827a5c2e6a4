"""Chat requests: read from a caller, and written for a provider of the same dialect."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from msgspec import UNSET, Raw

from modelport.dialects.canonical import Target
from modelport.dialects.openai_chat.efforts import Wanted, spelled
from modelport.dialects.openai_chat.patching import patched, with_names_said, with_prefill_marked
from modelport.dialects.openai_chat.prefill import mark_of
from modelport.dialects.openai_chat.wire import GATEWAY_FIELDS, Message, Peek
from modelport.errors import BadRequest

__all__ = ["ChatRequest", "Target", "read", "read_fields", "write"]

_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_PEEK = msgspec.json.Decoder(Peek)
_MESSAGES = msgspec.json.Decoder(list[Message])
_ENCODER = msgspec.json.Encoder()
_SMALL = Peek.__struct_fields__
_NULL = Raw(b"null")
_TRUE = Raw(b"true")
_INCLUDE_USAGE = Raw(b'{"include_usage":true}')

_READ_BY_MODEL = ("tools", "response_format", "functions")
"""Fields beside the messages that become part of the prompt."""

_IMAGE_TOKENS = 1_600
"""What an image is taken for when nothing better is known: a large one at full detail with most providers."""
_FILE_BYTES = 43
"""Bytes of a document in base64 that are taken for a token: printed pages come to about that."""


@dataclass(slots=True)
class ChatRequest:
    """A caller's request: its fields as they came, and those the gateway looks at."""

    fields: dict[str, Raw]
    peek: Peek
    messages: list[Message]

    @property
    def stream(self) -> bool:
        """Whether the caller wants events."""
        return bool(self.peek.stream)

    @property
    def max_tokens(self) -> int | None:
        """The longest answer the caller allows, in tokens; of two limits the higher one, as providers differ in which
        they heed.
        """
        one, other = self.peek.max_completion_tokens, self.peek.max_tokens
        return max(one, other) if one is not None and other is not None else one or other

    @property
    def prompt_bytes(self) -> int:
        """How many bytes of text the model will read: no tokenizer makes more tokens of them."""
        total = 8 * len(self.messages)
        for message in self.messages:
            content = message.content
            if message.name is not None:
                total += len(message.name.encode())
            if isinstance(content, str):
                total += len(content.encode())
            elif content is not None:
                total += sum(_part_bytes(part) for part in content)
            total += sum(len(bytes(raw)) for raw in _besides(message))
        for name in _READ_BY_MODEL:
            if (raw := self.fields.get(name)) is not None:
                total += len(bytes(raw))
        return total

    def prompt_text(self) -> tuple[str, int]:
        """The text the model will read, and how many tokens everything else in it is taken for."""
        texts: list[str] = []
        other = 4 * len(self.messages)
        for message in self.messages:
            content = message.content
            if message.name is not None:
                texts.append(message.name)
            if isinstance(content, str):
                texts.append(content)
            elif content is not None:
                for part in content:
                    text = _part_text(part)
                    if text is None:
                        other += _media_tokens(bytes(part))
                    else:
                        texts.append(text)
            texts.extend(bytes(raw).decode() for raw in _besides(message))
        named = (self.fields.get(name) for name in _READ_BY_MODEL)
        texts.extend(bytes(raw).decode() for raw in named if raw is not None)
        return "\n".join(texts), other

    def images(self) -> int:
        """How many pictures the model will see."""
        contents = (message.content for message in self.messages if isinstance(message.content, list))
        return sum(_PART.decode(part).type == "image_url" for content in contents for part in content)

    def wanted(self) -> frozenset[str]:
        """Names of the features an endpoint must have to serve this at all."""
        names = {"tools"} if bytes(self.fields.get("tools", Raw(b"[]"))) != b"[]" else set[str]()
        return frozenset(names)


def read(body: bytes) -> ChatRequest:
    """Reads a caller's body.

    Raises `BadRequest` that says what is wrong and where, whatever the bytes are.
    """
    fields, peek = read_fields(body)
    try:
        messages = _MESSAGES.decode(fields["messages"])
    except RecursionError as error:
        raise BadRequest("The request body is nested too deeply.") from error
    except msgspec.ValidationError as error:
        raise BadRequest(f"Invalid request: {error}") from error
    except msgspec.DecodeError as error:
        raise BadRequest(f"The request body is not valid JSON: {error}") from error
    if not messages:
        raise BadRequest("Input required: `messages` is empty; give at least one message.")
    return ChatRequest(fields, peek, messages)


def read_fields(body: bytes) -> tuple[dict[str, Raw], Peek]:
    """The fields of a caller's body, a `prompt` among them made into `messages`, and the small ones read.

    Raises `BadRequest` as `read` does.
    """
    try:
        body.decode()  # values that are passed through unread must be UTF-8 as well
        fields = _FIELDS.decode(body)
        small = {name: fields[name] for name in _SMALL if name in fields}
        peek = _PEEK.decode(_ENCODER.encode(small))
    except UnicodeDecodeError as error:
        raise BadRequest(f"The request body is not valid UTF-8: byte {error.start} can't be read.") from error
    except RecursionError as error:
        raise BadRequest("The request body is nested too deeply.") from error
    except msgspec.ValidationError as error:
        raise BadRequest(f"Invalid request: {error}") from error
    except msgspec.DecodeError as error:
        raise BadRequest(f"The request body is not valid JSON: {error}") from error
    if (messages := fields.get("messages")) is None or bytes(messages) == b"null":
        if (prompt := fields.pop("prompt", None)) is None:
            raise BadRequest("Input required: specify `messages` (a list) or `prompt` (a text).")
        fields["messages"] = Raw(_ENCODER.encode([{"role": "user", "content": _prompt(prompt)}]))
    return fields, peek


def write(request: ChatRequest, target: Target) -> bytes:
    """The body for a provider of this dialect: the caller's own, with named patches."""
    fields = {name: raw for name, raw in request.fields.items() if name not in GATEWAY_FIELDS or name in target.keeps}
    fields["model"] = Raw(_ENCODER.encode(target.model))
    if target.stream:
        fields["stream"] = _TRUE
        fields["stream_options"] = _INCLUDE_USAGE
    else:
        fields.pop("stream", None)
    if target.max_tokens is not None:
        # The only limit then: a second one under the newer name could be renamed over it.
        fields.pop("max_completion_tokens", None)
        fields["max_tokens"] = Raw(str(target.max_tokens).encode())
    if "reasoning" not in fields:
        _ask_to_reason(fields, request, target)
    if "nameless" in target.quirks and any(message.name for message in request.messages):
        fields["messages"] = with_names_said(fields["messages"])
    last, mark = request.messages[-1], mark_of(target)
    if mark is not None and last.role == "assistant" and (last.tool_calls is UNSET or last.tool_calls == _NULL):
        fields["messages"] = with_prefill_marked(fields["messages"], mark)
    return _ENCODER.encode(patched(fields, target))


def _ask_to_reason(fields: dict[str, Raw], request: ChatRequest, target: Target) -> None:
    """Puts what the caller wants of reasoning in the provider's words; what they wrote in those words stays."""
    peek, options = request.peek, request.peek.reasoning
    effort = peek.reasoning_effort if options is None or options.effort is None else options.effort
    wanted = Wanted(effort) if options is None else Wanted(effort, options.max_tokens, options.enabled)
    said = spelled(wanted, target, target.max_tokens or request.max_tokens)
    if said and ("reasoning_effort" not in said or target.efforts):
        fields.pop("reasoning_effort", None)
    for name, value in said.items():
        fields.setdefault(name, Raw(_ENCODER.encode(value)))


class _Part(msgspec.Struct):
    type: str
    text: str | None = None


_PART = msgspec.json.Decoder(_Part)


_MEDIA = ("image", "input_image", "audio", "input_audio", "video", "input_video", "file", "input_file", "document")
"""What types of parts begin with whose bytes are no text."""


def _part_text(part: Raw) -> str | None:
    """The text of a part; None for media. One of another type is counted as it is written: somebody may read it."""
    try:
        read_part = _PART.decode(part)
    except msgspec.DecodeError as error:
        raise BadRequest(f"Invalid request: a content part can't be read: {error}") from error
    if read_part.type == "text":
        return read_part.text or ""
    return None if read_part.type.startswith(_MEDIA) else bytes(part).decode()


def _besides(message: Message) -> list[Raw]:
    """What a message says beside its content. Reasoning is written in up to three ways that say the same: the longest
    of them.
    """
    said = (message.tool_calls, message.function_call, message.refusal)
    thought = (message.reasoning, message.reasoning_content, message.reasoning_details)
    found = [raw for raw in said if isinstance(raw, Raw) and raw != _NULL]
    thoughts = [raw for raw in thought if isinstance(raw, Raw) and raw != _NULL]
    return [*found, max(thoughts, key=_length)] if thoughts else found


def _length(raw: Raw) -> int:
    return len(bytes(raw))


def _part_bytes(part: Raw) -> int:
    text = _part_text(part)
    return _media_tokens(bytes(part)) if text is None else len(text.encode())


def _media_tokens(part: bytes) -> int:
    """What a part that is no text is taken for: a picture always for the same, a document by its length."""
    if b'"data:text/' in part:
        return len(part) // 4
    return max(_IMAGE_TOKENS, len(part) // _FILE_BYTES) if b'"file_data"' in part else _IMAGE_TOKENS


def _prompt(raw: Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.DecodeError as error:
        raise BadRequest("`prompt` must be a text.") from error
