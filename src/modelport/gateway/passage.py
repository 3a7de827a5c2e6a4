"""How an answer travels from a provider's dialect to the caller's, event by event or whole.

`SameChat` and `Patched` pass the provider's own bytes through with patches; `Translated` reads them into canonical
events and writes those anew. The steps of the chat path see one `Passage` and never a wire format.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from modelport.dialects.canonical import (
    AudioDelta,
    Charged,
    Event,
    Finish,
    FinishReason,
    Identity,
    ImageEvent,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageEvent,
    fold,
)
from modelport.dialects.openai_chat import response as chat_response
from modelport.dialects.openai_chat.stream import Assembler, Patcher
from modelport.gateway.dialect_table import FAULTS
from modelport.kit.raw_json import FAULTS as UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelport.dialects.canonical import Output
    from modelport.dialects.openai_chat.response import Answer
    from modelport.gateway.dialect import SameDialect, StreamReader, StreamWriter

__all__ = ["Passage", "Patched", "SameChat", "Translated", "Way"]


class Passage(Protocol):
    """One answer on its way, and what billing and records need to know of it."""

    @property
    def usage(self) -> Usage | None:
        """What the provider told of it."""
        ...

    @property
    def finish_reason(self) -> FinishReason | None:
        """Why it ended, once it has."""
        ...

    @property
    def native_finish_reason(self) -> str | None:
        """The same in the provider's words."""
        ...

    @property
    def upstream_id(self) -> str | None:
        """The provider's id for it."""
        ...

    @property
    def has_output(self) -> bool:
        """Whether the model produced anything so far."""
        ...

    @property
    def done(self) -> bool:
        """Whether the provider said that it is through."""
        ...

    @property
    def text(self) -> list[str]:
        """What was produced, for counting when the provider does not tell."""
        ...

    @property
    def produced_bytes(self) -> int:
        """How much of it there is."""
        ...

    @property
    def calls(self) -> Sequence[ToolCall]:
        """The tools it calls, once it is whole."""
        ...

    def feed(self, name: bytes, data: bytes) -> bytes:
        """The bytes for the caller that one of the provider's events becomes. Raises a dialect's `StreamError`."""
        ...

    def gather(self, name: bytes, data: bytes) -> None:
        """Takes one of the provider's events for an answer that the caller wants whole."""
        ...

    def read_whole(self, body: bytes) -> None:
        """Takes a provider's whole answer. Raises a dialect's `Malformed`."""
        ...

    def whole_as_stream(self) -> bytes:
        """The whole answer as events, for a caller who asked for a stream."""
        ...

    def whole(self, charged: Charged) -> bytes:
        """The body for a caller who wants the answer whole."""
        ...

    def end(self, charged: Charged) -> bytes:
        """The last bytes of a stream that ended well."""
        ...

    def fail(self, error: Exception) -> bytes:
        """The last bytes of a stream that failed after it began."""
        ...


class SameChat:
    """Chat completions on both sides: the provider's bytes, patched."""

    def __init__(self, identity: Identity, *, without_reasoning: bool) -> None:
        self._identity = chat_response.Identity.of(identity.id, identity.model, identity.provider, identity.created)
        self._without_reasoning = without_reasoning
        self._patcher = Patcher(self._identity, without_reasoning=without_reasoning)
        self._assembler: Assembler | None = None
        self._answer: Answer | None = None

    @property
    def usage(self) -> Usage | None:  # noqa: D102 (see Passage)
        return self._patcher.usage if self._answer is None else self._answer.usage

    @property
    def finish_reason(self) -> FinishReason | None:  # noqa: D102
        return self._patcher.finish_reason if self._answer is None else self._answer.finish_reason

    @property
    def native_finish_reason(self) -> str | None:  # noqa: D102
        return self._patcher.native_finish_reason if self._answer is None else self._answer.native_finish_reason

    @property
    def upstream_id(self) -> str | None:  # noqa: D102
        return self._patcher.upstream_id if self._answer is None else self._answer.upstream_id

    @property
    def has_output(self) -> bool:  # noqa: D102
        return self._patcher.has_output if self._answer is None else self._answer.has_output

    @property
    def done(self) -> bool:  # noqa: D102
        return self._patcher.done

    @property
    def text(self) -> list[str]:  # noqa: D102
        return self._patcher.text if self._answer is None else self._answer.text

    @property
    def produced_bytes(self) -> int:  # noqa: D102
        return self._patcher.produced_bytes

    @property
    def calls(self) -> Sequence[ToolCall]:  # noqa: D102
        return self._patcher.calls() if self._answer is None else chat_response.calls_of(self._answer)

    def feed(self, name: bytes, data: bytes) -> bytes:  # noqa: D102
        del name  # this dialect's events have none
        return self._patcher.feed(data)

    def gather(self, name: bytes, data: bytes) -> None:  # noqa: D102
        if self._assembler is None:
            self._assembler = Assembler(self._identity)
        if patched := self.feed(name, data):
            self._assembler.feed(patched)

    def read_whole(self, body: bytes) -> None:  # noqa: D102
        self._answer = chat_response.read(body, self._identity, without_reasoning=self._without_reasoning)

    def whole_as_stream(self) -> bytes:  # noqa: D102
        assert self._answer is not None
        return self._patcher.whole(self._answer)

    def whole(self, charged: Charged) -> bytes:  # noqa: D102
        if self._answer is None:
            assert self._assembler is not None
            self._answer = self._assembler.answer(self._patcher)
        return chat_response.write(self._answer, _bill(charged))

    def end(self, charged: Charged) -> bytes:  # noqa: D102
        return self._patcher.end(_bill(charged))

    def fail(self, error: Exception) -> bytes:  # noqa: D102
        return self._patcher.fail(error)


def _bill(charged: Charged) -> chat_response.Bill:
    return chat_response.Bill(
        charged.usage, charged.cost, charged.prompt_cost, charged.completion_cost, charged.own_cost
    )


class Way(NamedTuple):
    """What reads a provider's dialect, and what writes the caller's."""

    reader: StreamReader
    writer: StreamWriter
    read_response: Callable[[bytes], list[Event]]
    write_whole: Callable[[Output, Charged], bytes]


class Translated:
    """Two dialects: the provider's is read into canonical events, and those are written in the caller's."""

    def __init__(self, way: Way, *, without_reasoning: bool) -> None:
        self._reader, self._writer, self._read_response, self._write_whole = way
        self._without_reasoning = without_reasoning
        self._events: list[Event] = []
        self.usage: Usage | None = None
        self.finish_reason: FinishReason | None = None
        self.native_finish_reason: str | None = None
        self.upstream_id: str | None = None
        self.has_output = False
        self.text: list[str] = []
        self.produced_bytes = 0
        self._calls: list[Event] = []

    @property
    def calls(self) -> Sequence[ToolCall]:  # noqa: D102 (see Passage)
        return [part for each in fold(self._calls).choices for part in each.parts if isinstance(part, ToolCall)]

    @property
    def done(self) -> bool:  # noqa: D102 (see Passage)
        return self._reader.done

    def feed(self, name: bytes, data: bytes) -> bytes:  # noqa: D102
        return self._writer.feed(self._noted(self._reader.feed(name, data)))

    def gather(self, name: bytes, data: bytes) -> None:  # noqa: D102
        self._events += self._noted(self._reader.feed(name, data))

    def read_whole(self, body: bytes) -> None:  # noqa: D102
        self._events = self._noted(self._read_response(body))

    def whole_as_stream(self) -> bytes:  # noqa: D102
        return self._writer.feed(self._events)

    def whole(self, charged: Charged) -> bytes:  # noqa: D102
        return self._write_whole(fold(self._events), charged)

    def end(self, charged: Charged) -> bytes:  # noqa: D102
        return self._writer.end(charged)

    def fail(self, error: Exception) -> bytes:  # noqa: D102
        return self._writer.fail(error)

    def _noted(self, events: list[Event]) -> list[Event]:
        """Remembers what billing needs; leaves out reasoning that the caller does not want to see."""
        for event in events:
            if (text := _produced(event)) is not None:
                self.has_output = True
                self.text.append(text)
                self.produced_bytes += len(text)
                if isinstance(event, ToolCallDelta):
                    self._calls.append(event)
            elif isinstance(event, UsageEvent):
                self.usage = event.usage
            elif isinstance(event, Start):
                self.upstream_id = event.upstream_id or self.upstream_id
            elif isinstance(event, Finish):
                self.finish_reason, self.native_finish_reason = event.reason, event.native
        if self._without_reasoning:
            return [event for event in events if not isinstance(event, ReasoningDelta)]
        return events


def _produced(event: Event) -> str | None:
    """What the model wrote with this event, an empty text for an image; None when it wrote nothing."""
    match event:
        case TextDelta() | RefusalDelta() | ReasoningDelta():
            return event.text
        case ToolCallDelta():
            return (event.name or "") + event.arguments
        case AudioDelta():
            return event.transcript or ""
        case ImageEvent():
            return ""
        case _:
            return None


class Patched(Translated):
    """The same dialect on both sides: its own bytes go to the caller, and are read beside that for the bill."""

    def __init__(self, way: Way, same: SameDialect, identity: Identity, *, without_reasoning: bool) -> None:
        super().__init__(way, without_reasoning=without_reasoning)
        self._same = same
        self._identity = identity
        self._patcher = same.patcher(identity, without_reasoning)
        self._body: bytes | None = None
        self._anew = False
        """Whether the caller's stream is written anew, because the provider gave a whole answer."""

    def feed(self, name: bytes, data: bytes) -> bytes:  # noqa: D102
        events = self._noted(self._reader.feed(name, data))
        try:
            return self._patcher.feed(name, data)
        except FAULTS:
            if any(_produced(event) is not None for event in events):
                raise
            return b""  # it says nothing, in a shape that can't be patched

    def read_whole(self, body: bytes) -> None:  # noqa: D102
        super().read_whole(body)
        self._body = body

    def whole_as_stream(self) -> bytes:  # noqa: D102
        self._anew = True
        return super().whole_as_stream()

    def whole(self, charged: Charged) -> bytes:  # noqa: D102
        if self._body is not None:
            # What could be read, but is no answer to the letter, is written anew: it has been paid for.
            with contextlib.suppress(*FAULTS, *UNREADABLE):
                return self._same.patch_response(self._body, self._identity, charged, self._without_reasoning)
        return super().whole(charged)

    def end(self, charged: Charged) -> bytes:  # noqa: D102
        return super().end(charged) if self._anew else self._patcher.end(charged)

    def fail(self, error: Exception) -> bytes:  # noqa: D102
        return super().fail(error) if self._anew else self._patcher.fail(error)
