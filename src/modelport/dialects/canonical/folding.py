"""A whole answer out of its events."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical.events import (
    AnnotationEvent,
    AudioDelta,
    Event,
    Finish,
    ImageEvent,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from modelport.dialects.canonical.meaning import Usage
from modelport.dialects.canonical.request import Annotation, Part, Reasoning, Refusal, Text, ToolCall

__all__ = ["Choice", "Output", "fold", "mark"]


class Choice(Struct):
    """One whole answer of an `Output`: the parts in the order in which they came."""

    parts: list[Part] = []
    images: list[str] = []
    audio: AudioDelta | None = None
    logprobs: LogprobsDelta | None = None
    finish: Finish | None = None


class Output(Struct):
    """A whole answer, folded from its events."""

    choices: list[Choice]
    usage: Usage | None = None
    upstream_id: str | None = None


def mark(block: Reasoning, event: ReasoningDelta) -> None:
    """Takes over what an event says of a block of reasoning beside its text."""
    block.signature = event.signature if event.signature is not None else block.signature
    block.data = (block.data or "") + event.data if event.data is not None else block.data
    block.id, block.format = event.id or block.id, event.format or block.format


class _Folding:
    """One choice, growing."""

    def __init__(self) -> None:
        self.choice = Choice()
        self._calls: dict[int, ToolCall] = {}
        self._blocks: dict[int, Reasoning] = {}

    def add(self, event: Event) -> None:
        parts = self.choice.parts
        match event:
            case TextDelta():
                if parts and isinstance(last := parts[-1], Text):
                    last.text += event.text
                else:
                    parts.append(Text(event.text))
            case RefusalDelta():
                if parts and isinstance(last := parts[-1], Refusal):
                    last.text += event.text
                else:
                    parts.append(Refusal(event.text))
            case ReasoningDelta():
                self._reason(event)
            case ToolCallDelta():
                self._call(event)
            case AnnotationEvent():
                self._annotate(event.annotation)
            case _:
                self._rest(event)

    def _rest(self, event: Event) -> None:
        choice = self.choice
        match event:
            case ImageEvent():
                choice.images.append(event.url)
            case AudioDelta():
                choice.audio = _joined(choice.audio, event)
            case LogprobsDelta():
                known = choice.logprobs or LogprobsDelta()
                known.content = _extended(known.content, event.content)
                known.refusal = _extended(known.refusal, event.refusal)
                choice.logprobs = known
            case Finish():
                choice.finish = event
            case _:
                pass

    def _reason(self, event: ReasoningDelta) -> None:
        block = self._blocks.get(event.block)
        if block is None:
            block = self._blocks[event.block] = Reasoning(event.kind, index=event.block)
            self.choice.parts.append(block)
        block.text += event.text
        mark(block, event)

    def _call(self, event: ToolCallDelta) -> None:
        call = self._calls.get(event.position)
        if call is None:
            call = self._calls[event.position] = ToolCall(event.id or "", event.name or "", "")
            self.choice.parts.append(call)
        call.id, call.name = call.id or event.id or "", call.name or event.name or ""
        call.arguments += event.arguments
        call.signature = event.signature or call.signature

    def _annotate(self, annotation: Annotation) -> None:
        for part in reversed(self.choice.parts):
            if isinstance(part, Text):
                part.annotations.append(annotation)
                return
        self.choice.parts.append(Text("", annotations=[annotation]))


def fold(events: list[Event]) -> Output:
    """The whole answer that `events` add up to."""
    choices: dict[int, _Folding] = {}
    output = Output([])
    for event in events:
        if isinstance(event, Start):
            output.upstream_id = event.upstream_id or output.upstream_id
        elif isinstance(event, UsageEvent):
            output.usage = event.usage
        else:
            choices.setdefault(event.choice, _Folding()).add(event)
    output.choices = [choices[index].choice for index in sorted(choices)]
    return output


def _extended(known: list[Raw] | None, more: list[Raw] | None) -> list[Raw] | None:
    return known if more is None else [*(known or ()), *more]


def _joined(known: AudioDelta | None, more: AudioDelta) -> AudioDelta:
    if known is None:
        return msgspec.structs.replace(more)
    known.id = known.id or more.id
    known.data = _text(known.data, more.data)
    known.transcript = _text(known.transcript, more.transcript)
    known.expires_at = more.expires_at or known.expires_at
    return known


def _text(known: str | None, more: str | None) -> str | None:
    return known if more is None else (known or "") + more
