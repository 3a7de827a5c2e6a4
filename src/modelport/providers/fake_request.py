"""The scripted provider's reading of a chat request: as strict as OpenAI's own server, script included."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from modelport.providers.fake_answer import error_body
from modelport.providers.fake_script import BadScript, Script, read_script

__all__ = ["KEY", "ChatRequest", "Orders", "Refused", "read_chat"]

KEY = "fake-key"
"""The only key that opens the model `locked`."""


class Part(msgspec.Struct):
    """A part of a message; the text is all we look at."""

    type: str
    text: str = ""


class Message(msgspec.Struct):
    """A message, as far as we look at it."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None


class StreamOptions(msgspec.Struct):
    """`stream_options`."""

    include_usage: bool = False


class Function(msgspec.Struct):
    """A tool's function."""

    name: str


class Tool(msgspec.Struct):
    """A tool that may be called."""

    type: Literal["function"]
    function: Function


Limit = Annotated[int, msgspec.Meta(ge=1)]


# What only the reference's API knows: refusing it proves that the gateway strips it.
_FOREIGN = ("provider", "models", "route", "plugins", "transforms", "usage", "session_id", "trace", "preset")


class ChatRequest(msgspec.Struct):
    """The body of a chat request, checked as strictly as OpenAI's own server does."""

    model: str
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Limit | None = None
    max_completion_tokens: Limit | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=1)] | None = None
    tools: Annotated[list[Tool], msgspec.Meta(min_length=1)] | None = None
    provider: msgspec.Raw = msgspec.Raw()
    models: msgspec.Raw = msgspec.Raw()
    route: msgspec.Raw = msgspec.Raw()
    plugins: msgspec.Raw = msgspec.Raw()
    transforms: msgspec.Raw = msgspec.Raw()
    usage: msgspec.Raw = msgspec.Raw()
    session_id: msgspec.Raw = msgspec.Raw()
    trace: msgspec.Raw = msgspec.Raw()
    preset: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(ChatRequest).decode


class Refused(Exception):
    """The request is answered with an error at once."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(message, "invalid_request_error", code=code, param=param)


class Orders(msgspec.Struct, frozen=True):
    """A request as far as the answer depends on it."""

    model: str
    """Without the script."""
    script: Script
    stream: bool
    include_usage: bool
    limit: int | None
    """The most tokens the answer may have."""
    tool: str
    """The function to call, if one is called."""
    prompt_tokens: int


def read_chat(body: bytes, authorization: bytes) -> Orders:
    """The checked request. Raises `Refused`."""
    try:
        chat = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, str(error)) from None
    if (foreign := _foreign(chat)) is not None:
        message = f"Unrecognized request argument supplied: {foreign}"
        raise Refused(400, message, code="unknown_parameter", param=foreign)
    last = next((_text(message) for message in reversed(chat.messages) if message.role == "user"), "")
    try:
        name, script = read_script(chat.model, last)
    except BadScript as error:
        raise Refused(400, str(error), param="model") from None
    if name == "locked" and authorization != f"Bearer {KEY}".encode():
        raise Refused(401, "Incorrect API key provided.", code="invalid_api_key")
    if script.text == "@last":
        script = msgspec.structs.replace(script, text=last)
    elif script.text == "@body":
        script = msgspec.structs.replace(script, text=body.decode("utf-8", "replace"))
    prompt_tokens = script.prompt_tokens
    if prompt_tokens is None:
        # Counting spaces is fifty times as fast as splitting, and as good for a made-up count.
        prompt_tokens = sum(_text(message).count(" ") + 1 for message in chat.messages)
    return Orders(
        model=name,
        script=script,
        stream=bool(chat.stream),
        include_usage=chat.stream_options is not None and chat.stream_options.include_usage,
        limit=chat.max_completion_tokens or chat.max_tokens,
        tool=chat.tools[0].function.name if chat.tools else "get_weather",
        prompt_tokens=prompt_tokens,
    )


def _foreign(chat: ChatRequest) -> str | None:
    """The first field, if any, that only the reference's API knows; given as null it is refused, too."""
    given = (
        chat.provider,
        chat.models,
        chat.route,
        chat.plugins,
        chat.transforms,
        chat.usage,
        chat.session_id,
        chat.trace,
        chat.preset,
    )
    # An absent field is an empty `Raw`.
    return next((name for name, value in zip(_FOREIGN, given, strict=True) if value), None) if any(given) else None


def _text(message: Message) -> str:
    """All the text of a message."""
    if isinstance(message.content, str):
        return message.content
    return " ".join(part.text for part in message.content or () if part.type == "text")
