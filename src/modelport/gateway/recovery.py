"""Going on after a stream broke, where its caller wants that: another endpoint of the model continues the text.

Opt-in (`X-Modelport-Recover: true`), chat completions only, and only while nothing but text was delivered: half a tool
call or half a picture can't be continued. The next endpoint gets the request with what was delivered as the beginning
of the answer. The caller is told by an event of its own, so that nobody takes two models' words for one's. The whole is
charged once: the prompt, and what both wrote, at the prices of the one that ended it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw

from modelport.gateway import tokens
from modelport.gateway.asked import ChatAsked

if TYPE_CHECKING:
    from modelport.catalog.snapshot import Endpoint
    from modelport.dialects.canonical import Identity, Usage
    from modelport.gateway.asked import Asked
    from modelport.gateway.door import Door
    from modelport.gateway.exchange import Exchange, Message, Send
    from modelport.gateway.plan import Plan
    from modelport.usage.generation import Attempt

__all__ = ["Recovery", "marker", "others", "recovery_of"]

_HEADER: Final = b"x-modelport-recover"
_TEXT_ONLY: Final = frozenset({"role", "content", "reasoning", "reasoning_details", "reasoning_content"})
_LIMITS: Final = ("max_tokens", "max_completion_tokens")


class _Choice(msgspec.Struct):
    index: int = 0
    delta: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = msgspec.field(default_factory=list[_Choice])


_CHUNK: Final = msgspec.json.Decoder(_Chunk)


def recovery_of(exchange: Exchange, door: Door, asked: Asked) -> Recovery | None:
    """What is needed to go on, for a caller who wants that of a request it can be done for."""
    wanted = (exchange.header(_HEADER) or "").lower() == "true"
    if (
        not wanted
        or not asked.stream
        or asked.chat is None
        or door.operation != "chat"
        or door.dialect != "openai_chat"
    ):
        return None
    made = Recovery(asked)
    exchange.through(made.through)
    return made


class Recovery:
    """What was delivered of one stream, and how it goes on."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._sent: list[bytes] = []
        self.before = 0
        """Tokens that earlier endpoints wrote."""

    def through(self, send: Send) -> Send:
        """Reads along what goes to the caller."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.body":
                self._sent.append(message.get("body", b""))
            await send(message)

        return sending

    async def request(self) -> ChatAsked | None:
        """The request that continues what was delivered; None where that can't be."""
        text = _text_of(b"".join(self._sent))
        if not text:
            return None
        await tokens.load()
        self.before = tokens.count(text)
        chat = self.asked.chat
        assert chat is not None, "looked at when it was made"
        said = bytes(chat.fields["messages"]).rstrip()
        own = msgspec.json.encode({"role": "assistant", "content": text})
        fields = {**chat.fields, "messages": Raw(said[:-1] + b"," + own + b"]")}
        for name in _LIMITS:
            if (limit := chat.fields.get(name)) is not None and bytes(limit) != b"null":
                left = msgspec.json.decode(limit, type=int) - self.before
                if left < 1:
                    return None
                fields[name] = Raw(b"%d" % left)
        return ChatAsked(msgspec.json.encode(fields))

    def forget(self) -> None:
        """Nobody went on: what was delivered is all there is."""
        self.before = 0

    def whole(self, usage: Usage, *, told: bool) -> Usage:
        """What the whole answer took: the text that was there is no prompt, but part of the answer. `told` by the
        provider, whose prompt it was part of.
        """
        if not self.before:
            return usage
        prompt = max(usage.prompt_tokens - self.before, 0) if told else usage.prompt_tokens
        return msgspec.structs.replace(
            usage,
            prompt_tokens=prompt,
            cached_tokens=min(usage.cached_tokens, prompt),
            completion_tokens=usage.completion_tokens + self.before,
            estimated=True,
        )


def others(plan: Plan, failed: Endpoint, attempts: list[Attempt]) -> list[Endpoint]:
    """The planned endpoints of the same model that were not tried."""
    tried = {each.endpoint_id for each in attempts}
    return [each for each in plan.attempts if each.model_id == failed.model_id and each.id not in tried]


def marker(identity: Identity, failed: Endpoint, fault: str) -> bytes:
    """The event that says that somebody else goes on."""
    told: dict[str, object] = {
        "id": identity.id,
        "object": "chat.completion.chunk",
        "created": identity.created,
        "model": identity.model,
        "provider": identity.provider,
        "choices": [],
        "modelport": {"continued": {"from": failed.provider.name, "to": identity.provider, "fault": fault}},
    }
    return b"data: " + msgspec.json.encode(told) + b"\n\n"


def _text_of(sent: bytes) -> str | None:
    """The text of a stream that holds nothing else and has not ended; None of any other."""
    found: list[str] = []
    for block in sent.split(b"\n\n"):
        if not block.startswith(b"data: {"):
            continue  # a comment, or the half of an event
        try:
            chunk = _CHUNK.decode(block[6:])
        except msgspec.DecodeError:
            return None
        for choice in chunk.choices:
            held = {name for name, value in choice.delta.items() if value not in (None, [], "")}
            if choice.index or choice.finish_reason is not None or not held <= _TEXT_ONLY:
                return None
            if isinstance(text := choice.delta.get("content"), str):
                found.append(text)
    return "".join(found)
