"""A provider's stream, read one event at a time."""

from __future__ import annotations

from msgspec import Raw, Struct

from modelport.dialects.canonical import (
    AnnotationEvent,
    Event,
    Finish,
    LogprobsDelta,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from modelport.dialects.cohere_chat.citations import citation_index, read_citation, read_logprob
from modelport.dialects.cohere_chat.errors import StreamError
from modelport.dialects.cohere_chat.response_read import Call, finish_reason, read_usage, reasoning_delta
from modelport.dialects.cohere_chat.wire import BLOCK_FORMAT, PLAN_FORMAT, Detail, Item
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, NULL

__all__ = ["Delta", "MessagePiece", "Reader", "StreamedEvent"]


class MessagePiece(Struct):
    """What an event adds to the message; each kind of event has its own field, of its own shape."""

    content: Raw = NULL
    tool_plan: str | None = None
    tool_calls: Raw = NULL
    citations: Raw = NULL


class Delta(Struct):
    """What an event adds to the answer."""

    message: MessagePiece | None = None
    tool_plan: str | None = None
    """Where early streams of this version had it."""
    finish_reason: str | None = None
    error: str | None = None
    usage: Raw = NULL


class StreamedEvent(Struct):
    """One event, of any kind."""

    type: str | None = None
    id: str | None = None
    index: int = 0
    delta: Delta | None = None
    logprobs: Raw = NULL
    message: str | None = None
    """An error's words."""


_EVENT = Forgiving(StreamedEvent)
_ITEM = Forgiving(Item)
_CALL = Forgiving(Call)


class Reader:
    """Reads one stream of a provider."""

    def __init__(self) -> None:
        self.done = False
        """Whether the provider said that it is through."""
        self._reasoning = 0
        self._plan: int | None = None
        self._blocks: dict[int, int] = {}
        """Numbers among the blocks of reasoning, by content index."""
        self._details: dict[int, Detail] = {}
        """What was said of another maker's thoughts when they began, by content index."""
        self._opaque: dict[int, Raw] = {}
        """Blocks of unknown kinds, until they end."""
        self._begins: dict[int, int] = {}
        """How many characters of text stand before a text block, by content index."""
        self._length = 0
        self._calls: dict[int, int] = {}
        """Numbers of the calls, by index."""
        self._held: dict[int, str] = {}
        """Arguments that may yet turn out to be null, by number of the call."""

    def feed(self, event: bytes, data: bytes) -> list[Event]:
        """What one event says; its own `type` counts, and its name where it has none.

        Raises `StreamError`.
        """
        if not data.strip() or data.startswith(b"[DONE]"):
            self.done = self.done or data.startswith(b"[DONE]")
            return []
        try:
            read = _EVENT.decode(data)
            kind = read.type or event.decode()
            if kind == "error" or (not kind and read.message is not None):
                raise StreamError(read.message or "The provider reported an error.")
            return self._read(kind, read, read.delta or Delta())
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no event of Cohere's chat.") from error

    def finish(self) -> list[Event]:
        """What is left when the stream has ended: the start of arguments that was held back."""
        return [event for number in tuple(self._held) for event in self._release(number)]

    def _read(self, kind: str, read: StreamedEvent, delta: Delta) -> list[Event]:
        message = delta.message or MessagePiece()
        events: list[Event] = []
        match kind:
            case "content-delta":
                events += self._piece(read.index, _ITEM.decode_or_none(message.content) or Item())
                if entries := read_logprob(read.logprobs):
                    events.append(LogprobsDelta(entries))
            case "content-start" | "content-end":
                events += self._edge(read.index, message.content, begins=kind == "content-start")
            case "tool-plan-delta":
                events += self._plan_delta(message.tool_plan or delta.tool_plan or "")
            case "tool-call-start" | "tool-call-delta":
                events += self._call(read.index, _CALL.decode_or_none(message.tool_calls) or Call())
            case "tool-call-end":
                events += self._release(self._calls.get(read.index, -1))
            case "citation-start":
                events.append(self._citation(message.citations))
            case "message-start":
                events.append(Start(read.id))
            case "message-end":
                events += self._end(delta)
            case _:
                pass  # debug, and kinds that are yet to come
        return events

    def _end(self, delta: Delta) -> list[Event]:
        self.done = True
        if delta.error:
            raise StreamError(delta.error, delta.finish_reason)
        events = self.finish()
        if delta.finish_reason is not None:
            events.append(Finish(finish_reason(delta.finish_reason), delta.finish_reason))
        if (usage := read_usage(delta.usage)) is not None:
            events.append(UsageEvent(usage))
        return events

    # Content.

    def _edge(self, index: int, raw: Raw, *, begins: bool) -> list[Event]:
        """A block begins or ends. One of an unknown kind is known whole from its beginning, and given at its end."""
        if not begins:
            if index not in self._opaque:
                return []
            block = bytes(self._opaque.pop(index)).decode()
            self._reasoning += 1
            return [ReasoningDelta(self._reasoning - 1, "encrypted", data=block, format=BLOCK_FORMAT)]
        item = _ITEM.decode_or_none(raw) or Item()
        self._blocks.pop(index, None)
        self._details.pop(index, None)
        if item.type not in {None, "text", "thinking"}:
            self._opaque[index] = Raw(bytes(raw))
            return []
        if item.type == "text":
            self._begins[index] = self._length
        return self._piece(index, item)

    def _piece(self, index: int, item: Item) -> list[Event]:
        if index in self._opaque:
            return []
        if item.text:
            self._begins.setdefault(index, self._length)
            self._length += len(item.text)
            return [TextDelta(item.text)]
        if not item.thinking and item.reasoning_detail is None:
            return []
        if index not in self._blocks:
            self._blocks[index], self._reasoning = self._reasoning, self._reasoning + 1
        detail = item.reasoning_detail
        if detail is not None:
            self._details[index] = Detail(detail.type, None, detail.format)
        return [reasoning_delta(self._blocks[index], item.thinking or "", detail or self._details.get(index))]

    def _citation(self, raw: Raw) -> Event:
        begins = self._begins.get(citation_index(raw))
        return AnnotationEvent(read_citation(raw, max(self._begins.values(), default=0) if begins is None else begins))

    def _plan_delta(self, text: str) -> list[Event]:
        if not text:
            return []
        if self._plan is None:
            self._plan, self._reasoning = self._reasoning, self._reasoning + 1
        return [ReasoningDelta(self._plan, "text", text, format=PLAN_FORMAT)]

    # Calls.

    def _call(self, index: int, call: Call) -> list[Event]:
        begins = index not in self._calls
        number = self._calls.setdefault(index, len(self._calls))
        if begins:
            self._held[number] = ""
        arguments = call.arguments
        if number in self._held:
            # A tool without parameters is at times called with null (recorded), which callers elsewhere can't take.
            arguments = self._held[number] + arguments
            if "null".startswith(arguments):
                self._held[number], arguments = arguments, ""
            else:
                del self._held[number]
        if not begins and not arguments and call.signature is None:
            return []
        return [ToolCallDelta(number, arguments, call.id, call.name, call.signature)]

    def _release(self, number: int) -> list[Event]:
        held = self._held.pop(number, "")
        return [ToolCallDelta(number, "{}" if held == "null" else held)] if held else []
