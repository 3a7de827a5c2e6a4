"""Events of a provider's stream, read one at a time without knowing sockets."""

from __future__ import annotations

from msgspec import UNSET, Raw, Struct, UnsetType

from modelport.dialects.anthropic_messages.errors import CODES, StreamError
from modelport.dialects.anthropic_messages.response_read import Blocks, Delta, finish_events, to_usage
from modelport.dialects.anthropic_messages.wire import UpstreamUsage
from modelport.dialects.canonical import Event, Start, UsageEvent
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS

__all__ = ["Reader"]


class _Fault(Struct):
    message: str | None = None
    type: str | None = None
    code: str | int | None = None


class _Message(Struct):
    id: str | None = None
    model: str | None = None
    usage: UpstreamUsage | None = None


class _Event(Struct):
    type: str = ""
    index: int = 0
    message: _Message | str | None = None
    content_block: Raw | UnsetType = UNSET
    delta: Delta | None = None
    usage: UpstreamUsage | None = None
    error: _Fault | str | None = None


_EVENT = Forgiving(_Event)


class Reader:
    """Reads one stream of a provider."""

    def __init__(self) -> None:
        self.done = False
        """Whether the provider said that it is through."""
        self._blocks = Blocks()
        self._usage: UpstreamUsage | None = None

    def feed(self, event: bytes, data: bytes) -> list[Event]:
        """What one event says; its own `type` counts, as some providers leave the event's name out.

        Raises `StreamError`.
        """
        if not data.strip() or data == b"[DONE]":  # some proxies end every stream as OpenAI does
            self.done = self.done or data == b"[DONE]"
            return []
        try:
            read = _EVENT.decode(data)
            if read.error is not None or "error" in {read.type, event.decode(errors="replace")}:
                raise _fault(read)
            return self._read(read, read.type or event.decode(errors="replace"))
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no event of Anthropic Messages.") from error

    def finish(self) -> list[Event]:
        """What is left when the stream has ended; nothing is held back here."""
        return []

    def _read(self, read: _Event, kind: str) -> list[Event]:
        match kind:
            case "content_block_delta" if read.delta is not None:
                return self._blocks.delta(read.index, read.delta)
            case "content_block_start" if isinstance(read.content_block, Raw):
                return self._blocks.start(read.index, read.content_block)
            case "content_block_stop":
                return self._blocks.stop(read.index)
            case "message_start" if isinstance(read.message, _Message):
                start = Start(read.message.id, read.message.model)
                return [start, *self._note(read.message.usage)]
            case "message_delta":
                delta = read.delta or Delta()
                events: list[Event] = []
                if delta.stop_reason is not None:
                    events.extend(finish_events(delta.stop_reason, delta.stop_sequence, delta.stop_details))
                return [*events, *self._note(read.usage)]
            case "message_stop":
                self.done = True
            case _:
                pass  # ping, and kinds that are yet to come
        return []

    def _note(self, told: UpstreamUsage | None) -> list[Event]:
        """Usage as far as it is known: the end repeats only some of the beginning, with newer figures."""
        if told is None:
            return []
        if self._usage is None:
            self._usage = told
        else:
            if told.cache_creation_input_tokens is not None and told.cache_creation is None:
                known = self._usage.cache_creation_input_tokens
                # Without a new breakdown the old one holds only for the same sum.
                if known != told.cache_creation_input_tokens:
                    self._usage.cache_creation = None
            for name in UpstreamUsage.__struct_fields__:
                if (value := getattr(told, name)) is not None:
                    setattr(self._usage, name, value)
        usage = to_usage(self._usage)
        return [UsageEvent(usage)] if usage is not None else []


def _fault(read: _Event) -> StreamError:
    fault = read.error
    if isinstance(fault, _Fault):
        code = CODES.get(fault.type or "", fault.type or fault.code)
        return StreamError(fault.message or "The provider reported an error.", code)
    words = fault or (read.message if isinstance(read.message, str) else None)
    return StreamError(words or "The provider reported an error.")
