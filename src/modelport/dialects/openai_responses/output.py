"""Output items, whole or growing, as canonical events: everything once, in the order in which it came.

Providers differ in what they stream: some send each word as a delta and repeat the whole at the end, some only the
whole (tool arguments of LM Studio, recorded), some leave the output of `response.completed` empty (the Codex backend).
So whatever an item holds when it is done, and that was not sent before, is sent then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Literal

import msgspec
from msgspec import UNSET, Raw, Struct

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Event,
    ImageEvent,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from modelport.dialects.openai_responses.reasoning import known_id, unseal
from modelport.dialects.openai_responses.wire import (
    ITEM_FORMAT,
    KIND,
    CallItem,
    CustomCallItem,
    ImageItem,
    MessageItem,
    Part,
    ReasoningItem,
    SearchItem,
    UsageBody,
)
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS

__all__ = ["Items", "read_annotation", "read_usage", "write_annotation"]

_MESSAGE = Forgiving(MessageItem)
_CALL = Forgiving(CallItem)
_CUSTOM_CALL = Forgiving(CustomCallItem)
_REASONING = Forgiving(ReasoningItem)
_IMAGE = Forgiving(ImageItem)
_SEARCH = Forgiving(SearchItem)
_USAGE = Forgiving(UsageBody | None)

_Thought = Literal["text", "summary", "encrypted"]
_Kind = Literal["text", "refusal", "summary", "reasoning", "call"]

_STREAMED = {"output_text": "text", "refusal": "refusal", "summary_text": "summary", "reasoning_text": "reasoning"}

OWN_CITATIONS = frozenset({"file_citation", "container_file_citation", "file_path", "url_citation"})
"""The kinds of annotation that clients of this dialect know."""


class _Citation(Struct):
    """`url_citation`; xAI sends the address alone (recorded)."""

    type: str
    url: str | None = None
    title: str | None = None
    content: str | None = None
    start_index: int | None = None
    end_index: int | None = None


_CITATION = Forgiving(_Citation)


def read_annotation(raw: Raw) -> Annotation:
    """A citation; one that is not of an address is kept as it came."""
    one = _CITATION.decode_or_none(raw)
    if one is None or one.type != "url_citation" or one.url is None:
        return Annotation(raw=raw)
    return Annotation(one.url, one.title, one.content, one.start_index, one.end_index)


def _is_own(raw: Raw) -> bool:
    try:
        return _CITATION.decode(raw).type in OWN_CITATIONS
    except FAULTS:
        return False


def write_annotation(annotation: Annotation, text: str) -> object | None:
    """A citation for the `text` so far; None for a kind that this dialect has no words for."""
    if annotation.raw is not UNSET:
        return annotation.raw if _is_own(annotation.raw) else None
    citation: dict[str, object] = {
        "type": "url_citation",
        "url": annotation.url or "",
        "title": annotation.title or "",  # the official clients demand all of these
        "start_index": len(text) if annotation.start is None else annotation.start,
        "end_index": len(text) if annotation.end is None else annotation.end,
    }
    if annotation.content is not None:
        citation["content"] = annotation.content
    return citation


def read_usage(raw: Raw) -> Usage | None:
    """A provider's `usage` in the house's meaning; None where it is null, empty or no usage at all.

    Cached and cache-written tokens are inside `input_tokens` here, reasoning inside `output_tokens` (OpenAI's API
    reference).
    """
    try:
        usage = _USAGE.decode(raw)
    except msgspec.DecodeError:
        return None
    if usage is None:
        return None
    told_prompt = usage.input_tokens if usage.input_tokens is not None else usage.prompt_tokens
    told_completion = usage.output_tokens if usage.output_tokens is not None else usage.completion_tokens
    if told_prompt is None and told_completion is None:
        return None
    prompt, completion = max(told_prompt or 0, 0), max(told_completion or 0, 0)
    inside, outside = usage.input_tokens_details, usage.output_tokens_details
    reasoning = max((outside.reasoning_tokens if outside else None) or 0, 0)
    if completion < reasoning and usage.total_tokens == prompt + completion + reasoning:
        completion += reasoning  # counted apart, as xAI does in its chat dialect
    tools = usage.server_side_tool_usage_details
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=min(max((inside.cached_tokens if inside else None) or 0, 0), prompt),
        cache_write_tokens=max((inside.cache_write_tokens if inside else None) or 0, 0),
        reasoning_tokens=min(reasoning, completion),
        prompt_audio_tokens=max((inside.audio_tokens if inside else None) or 0, 0),
        completion_audio_tokens=max((outside.audio_tokens if outside else None) or 0, 0),
        prompt_image_tokens=max((inside.image_tokens if inside else None) or 0, 0),
        completion_image_tokens=max((outside.image_tokens if outside else None) or 0, 0),
        web_searches=max((tools.web_search_calls or 0) + (tools.x_search_calls or 0), 0) if tools else 0,
    )


class Items:
    """All items of one answer. `index` is an item's `output_index`, `number` a part's place inside it."""

    def __init__(self, reasoning_format: str) -> None:
        self._format = reasoning_format
        self._sent: defaultdict[tuple[int, _Kind, int], list[str]] = defaultdict(list)
        """The pieces of each text that have gone out."""
        self._annotations: Counter[tuple[int, int]] = Counter()
        self._scored: set[tuple[int, int]] = set()
        self._blocks: dict[tuple[int, _Thought, int], int] = {}
        self._positions: dict[int, int] = {}
        self._ids: dict[int, tuple[str | None, str | None]] = {}
        self._call_ids: dict[str, int] = {}
        self._signatures: dict[str, str] = {}
        self._last = -1
        self._begun: set[int] = set()
        self._done: set[int] = set()
        self.calls = 0
        """How many tool calls there are so far."""
        self.searches = 0
        """How often the provider searched the web on its own."""

    def place(self, index: int | None, *, begins: bool | None = None) -> int:
        """An item's place; where a server doesn't tell, the place of the item at hand, or the next.

        `begins` is None for what belongs to an item, and says of an item itself whether it begins or is done.
        """
        if index is None:
            index = max(self._last, 0)
            if begins or (begins is False and index in self._done):
                index = self._last + 1
        self._last = index
        return index

    def begun(self, index: int, item: Raw) -> list[Event]:
        """An item has begun: a call has its names now, the rest comes with the words."""
        self._begun.add(index)
        kind = _kind(item)
        if kind in {"function_call", "custom_tool_call"}:
            return self._call(index, item, custom=kind == "custom_tool_call")
        if kind == "reasoning":
            one = _REASONING.decode(item)
            self._ids[index] = (known_id(one.id), one.format)
        return []

    def words(self, index: int, number: int, text: str, logprobs: list[Raw] | None) -> list[Event]:
        """More text."""
        self._sent[index, "text", number].append(text)
        events: list[Event] = [TextDelta(text)] if text else []
        if logprobs:
            self._scored.add((index, number))
            events.append(LogprobsDelta(logprobs))
        return events

    def refusal(self, index: int, number: int, text: str) -> list[Event]:
        """More of a refusal."""
        self._sent[index, "refusal", number].append(text)
        return [RefusalDelta(text)] if text else []

    def reasoning(self, index: int, number: int, kind: Literal["summary", "text"], text: str) -> list[Event]:
        """More of a reasoning text, or of a summary of one."""
        self._sent[index, "summary" if kind == "summary" else "reasoning", number].append(text)
        return [self._thought(index, kind, number, text)] if text else []

    def arguments(self, index: int, text: str) -> list[Event]:
        """More of a call's arguments."""
        self._sent[index, "call", 0].append(text)
        return [ToolCallDelta(self._position(index), text)] if text else []

    def annotation(self, index: int, number: int, raw: Raw) -> list[Event]:
        """One more citation."""
        self._annotations[index, number] += 1
        return [AnnotationEvent(read_annotation(raw))]

    def part(self, index: int, number: int, part: Part) -> list[Event]:
        """A part of a message or of reasoning is done."""
        match part.type:
            case "output_text" | "text" | "":
                return self._text(index, number, part)
            case "refusal":
                return self.refusal(index, number, self._rest(index, "refusal", number, part.refusal))
            case "reasoning_text":
                return self.reasoning(index, number, "text", self._rest(index, "reasoning", number, part.text))
            case "summary_text":
                return self.reasoning(index, number, "summary", self._rest(index, "summary", number, part.text))
            case _:
                return []

    def done(self, index: int, item: Raw) -> list[Event]:
        """An item is done."""
        if index in self._done:
            return []
        self._done.add(index)
        events: list[Event] = []
        match kind := _kind(item):
            case "":
                pass  # no item at all
            case "message":
                content = _MESSAGE.decode(item).content
                parts = [Part("output_text", text=content)] if isinstance(content, str) else content or []
                events = self._parts(index, parts)
            case "function_call" | "custom_tool_call":
                events = self._call(index, item, custom=kind == "custom_tool_call")
            case "reasoning":
                events = self._reasoned(index, _REASONING.decode(item))
            case "image_generation_call":
                events = _picture(_IMAGE.decode(item))
            case "web_search_call":
                action = _SEARCH.decode(item).action
                self.searches += action is None or action.type in {None, "search"}
                events = [self._opaque(index, item)]
            case _:
                events = [self._opaque(index, item)]
        return events

    def rest(self, output: list[Raw]) -> list[Event]:
        """What the finished answer holds beyond what was streamed.

        Items are told apart by their place alone, because some servers give them other ids at the end; so one that
        never began is only taken where nothing did.
        """
        seen = self._begun | self._done
        places = [index for index in range(len(output)) if not seen or index in self._begun - self._done]
        return [event for index in places for event in self.done(index, output[index])]

    def _parts(self, index: int, parts: list[Part]) -> list[Event]:
        # A place can differ from the one its words were streamed to (Bedrock counts reasoning too, recorded), so
        # where as many parts were streamed as there are, they are matched in order.
        numbers = list(range(len(parts)))
        for kind in {part.type for part in parts}:
            places = [place for place, part in enumerate(parts) if part.type == kind]
            streamed = sorted(key[2] for key in self._sent if key[:2] == (index, _STREAMED.get(kind)))
            if len(streamed) == len(places):
                for number, place in zip(streamed, places, strict=True):
                    numbers[place] = number
        return [event for number, part in zip(numbers, parts, strict=True) for event in self.part(index, number, part)]

    def _rest(self, index: int, kind: _Kind, number: int, whole: str | None) -> str:
        sent = self._sent.get((index, kind, number))
        if not whole or not sent:
            return whole or ""
        before = "".join(sent)
        # Two that differ can't be brought together any more; what was sent stands.
        return whole[len(before) :] if whole.startswith(before) else ""

    def _text(self, index: int, number: int, part: Part) -> list[Event]:
        logprobs = None if (index, number) in self._scored else part.logprobs
        events = self.words(index, number, self._rest(index, "text", number, part.text), logprobs)
        for raw in (part.annotations or [])[self._annotations[index, number] :]:
            events += self.annotation(index, number, raw)
        return events

    def _position(self, index: int) -> int:
        if index not in self._positions:
            self._positions[index] = self.calls
            self.calls += 1
        return self._positions[index]

    def _call(self, index: int, item: Raw, *, custom: bool) -> list[Event]:
        if custom:
            one = _CUSTOM_CALL.decode(item)
            call_id, name, whole = one.call_id or one.id, one.name, one.input
        else:
            call = _CALL.decode(item)
            call_id, name, whole = call.call_id or call.id, call.name, call.arguments
        known = call_id is not None and self._call_ids.get(call_id) == index
        rest = self._rest(index, "call", 0, whole)
        if known and not rest:
            return []
        self._sent[index, "call", 0].append(rest)
        position = self._position(index)
        if known or call_id is None:
            return [ToolCallDelta(position, rest)]
        self._call_ids[call_id] = index
        return [ToolCallDelta(position, rest, call_id, name, self._signatures.pop(call_id, None))]

    def _reasoned(self, index: int, item: ReasoningItem) -> list[Event]:
        sealed = unseal(item.encrypted_content) if item.encrypted_content is not None else None
        if any(one.kind == "call" for one in sealed or ()):
            return self._signed_calls([(one.id, one.signature) for one in sealed or ()])
        before, self._ids[index] = self._ids.get(index), (known_id(item.id), item.format)
        events: list[Event] = []
        if before is not None and before[0] != known_id(item.id):  # Copilot's ids change on the way (recorded)
            events += [self._thought(*key, "") for key in self._blocks if key[0] == index]
        for parts in (item.summary, item.content):
            events += self._parts(index, parts or [])
        if item.signature is not None:
            own = [key for key in self._blocks if key[0] == index]
            _, kind, number = max(own, key=self._blocks.__getitem__, default=(index, "text", 0))
            events.append(self._thought(index, kind, number, "", signature=item.signature))
        data = item.encrypted_content
        if sealed is not None:
            data = next((one.data for one in sealed if one.data is not None), None)
        if data is not None or not any(key[0] == index for key in self._blocks):
            events.append(self._thought(index, "encrypted", 0, "", data=data))
        return events

    def _signed_calls(self, calls: list[tuple[str | None, str | None]]) -> list[Event]:
        events: list[Event] = []
        for call_id, signature in calls:
            if call_id in self._call_ids:
                events.append(ToolCallDelta(self._position(self._call_ids[call_id]), signature=signature))
            elif call_id is not None and signature is not None:
                self._signatures[call_id] = signature
        return events

    def _opaque(self, index: int, item: Raw) -> ReasoningDelta:
        block = self._blocks.setdefault((index, "encrypted", 0), len(self._blocks))
        return ReasoningDelta(block, "encrypted", data=bytes(item).decode(), format=ITEM_FORMAT)

    def _thought(
        self,
        index: int,
        kind: _Thought,
        number: int,
        text: str,
        *,
        signature: str | None = None,
        data: str | None = None,
    ) -> ReasoningDelta:
        block = self._blocks.setdefault((index, kind, number), len(self._blocks))
        item_id, form = self._ids.get(index, (None, None))
        form = None if form == "unknown" else form or self._format
        return ReasoningDelta(block, kind, text, signature, data, item_id, form)


def _picture(item: ImageItem) -> list[Event]:
    result = item.result
    if not result:
        return []
    if result.startswith(("data:", "http://", "https://")):
        return [ImageEvent(result)]
    return [ImageEvent(f"data:image/{item.output_format or 'png'};base64,{result}")]


def _kind(item: Raw) -> str | None:
    """What an item is; empty for what is none. A message may leave its type out."""
    known = KIND.decode_or_none(item)
    if known is None:
        return ""
    return known.type or ("message" if known.role else None)
