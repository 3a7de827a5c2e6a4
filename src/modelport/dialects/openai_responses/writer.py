"""Events for a caller: the full sequence that the official clients add up, each event numbered.

Order and fields are OpenAI's (its API reference, and what its Python client's accumulator demands); the object and the
`[DONE]` at the end are the reference's (recorded). Text and reasoning close when something else begins; tool calls stay
open to the end, because providers may write several at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    AnnotationEvent,
    Charged,
    Event,
    Finish,
    FinishReason,
    Identity,
    ImageEvent,
    LogprobsDelta,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from modelport.dialects.openai_responses.errors import LENGTH, code_of, message_of, type_of
from modelport.dialects.openai_responses.growing import OpenCall, OpenMessage, OpenThought, WholeItem, Words
from modelport.dialects.openai_responses.output import write_annotation
from modelport.dialects.openai_responses.reasoning import Group, call_signature, kept_item
from modelport.dialects.openai_responses.response_write import (
    INCOMPLETE,
    Ids,
    custom_tools,
    id_of,
    image_item,
    response_object,
    write_usage,
)
from modelport.dialects.openai_responses.wire import OPENAI_FORMAT
from modelport.kit.raw_json import one_line

if TYPE_CHECKING:
    from modelport.dialects.canonical import Request

__all__ = ["COMMENT", "DONE", "Writer"]

COMMENT = b": MODELPORT PROCESSING\n\n"
"""Keeps a connection alive; every client of this dialect passes comments over."""

DONE = b"data: [DONE]\n\n"
"""The reference's last word (recorded); OpenAI itself sends none."""

_ENCODER = msgspec.json.Encoder()

_Item = OpenMessage | OpenThought | OpenCall | WholeItem


class Writer:
    """Writes one stream; `request` is what the caller asked, to be repeated in the response object."""

    def __init__(self, identity: Identity, request: Request | None = None) -> None:
        self._identity = identity
        self._request = request
        self._custom = custom_tools(request)
        self._ids = Ids(identity)
        self._out = bytearray()
        self._number = 0
        self._items: list[_Item] = []
        self._open: OpenMessage | OpenThought | None = None
        self._calls: dict[int, OpenCall] = {}
        self._blocks: dict[int, tuple[OpenThought, Reasoning]] = {}
        self._reason = FinishReason.STOP

    def feed(self, events: list[Event]) -> bytes:
        """The bytes that `events` become. Only the first choice is told: the dialect has no second."""
        self._begin()
        for number, event in enumerate(events):
            if isinstance(event, TextDelta) and event.choice == 0:
                after = events[number + 1] if number + 1 < len(events) else None
                scores = after.content if isinstance(after, LogprobsDelta) else None
                self._words("output_text", event.text, scores)
            elif isinstance(event, LogprobsDelta):
                before = events[number - 1] if number else None
                if not isinstance(before, TextDelta) and event.choice == 0:
                    self._words("output_text", "", event.content)
            elif getattr(event, "choice", 0) == 0:
                self._write(event)
        return self._take()

    def end(self, charged: Charged, *, completed_at: int | None = None) -> bytes:
        """The last bytes of a stream that ended well."""
        self._begin()
        reason = self._reason
        if reason is FinishReason.ERROR:
            return self._take() + self._failed("server_error", "Provider returned error", None, charged)
        status = "incomplete" if reason in INCOMPLETE else "completed"
        self._close_all(status)
        body = response_object(self._identity, self._request, status)
        body["completed_at"] = completed_at
        if reason in INCOMPLETE:
            body["incomplete_details"] = {"reason": INCOMPLETE[reason]}
        body["output"] = [
            item.item(status if number == len(self._items) - 1 else "completed")
            for number, item in enumerate(self._items)
        ]
        body["usage"] = write_usage(charged)
        self._event(f"response.{status}", response=body)
        return self._take() + DONE

    def fail(self, error: Exception) -> bytes:
        """The last bytes of a stream that failed after it began.

        What is told as a plain end in this dialect is told so here too (`behaviour.md` section 4.6).
        """
        self._begin()
        if type_of(error) in LENGTH:
            self._close_all("incomplete")
            body = response_object(self._identity, self._request, "incomplete")
            body["incomplete_details"] = {"reason": "max_output_tokens"}
            body["output"] = [item.item("incomplete") for item in self._items]
            self._event("response.incomplete", response=body)
            return self._take() + DONE
        return self._take() + self._failed(code_of(error), message_of(error), type_of(error), None)

    def _failed(self, code: str, message: str, error_type: str | None, charged: Charged | None) -> bytes:
        # OpenAI sends both (recorded): some clients raise on the one, some on the other.
        self._event("error", code=code, message=message, param=None)
        body = response_object(self._identity, self._request, "failed")
        body["error"] = {"code": code, "message": message}
        body["error_type"] = error_type or "provider_unavailable"
        body["output"] = [item.item("incomplete") for item in self._items]
        if charged is not None:
            body["usage"] = write_usage(charged)
        self._event("response.failed", response=body)
        return self._take() + DONE

    def _take(self) -> bytes:
        out = bytes(self._out)
        self._out.clear()
        return out

    def _event(self, kind: str, **fields: object) -> None:
        data = _ENCODER.encode({"type": kind, **fields, "sequence_number": self._number})
        # What is kept `Raw` may hold line ends of somebody's own spelling.
        self._out += b"event: " + kind.encode() + b"\ndata: " + one_line(data) + b"\n\n"
        self._number += 1

    def _begin(self) -> None:
        if self._number == 0:
            body = response_object(self._identity, self._request, "in_progress")
            self._event("response.created", response=body)
            self._event("response.in_progress", response=body)

    def _write(self, event: Event) -> None:
        match event:
            case RefusalDelta():
                self._words("refusal", event.text, None)
            case ReasoningDelta():
                self._reasoning(event)
            case ToolCallDelta():
                self._call(event)
            case AnnotationEvent():
                self._annotate(event)
            case ImageEvent():
                self._whole(image_item(self._ids.of("ig"), event.url))
            case Finish():
                self._reason = event.reason
            case _:  # sound: this dialect has no events for it, and its callers can't ask for it
                pass

    # Items.

    def _add(self, item: _Item, begun: dict[str, object]) -> None:
        self._close()
        item.index = len(self._items)
        self._items.append(item)
        self._event("response.output_item.added", output_index=item.index, item=begun)
        self._open = item if isinstance(item, OpenMessage | OpenThought) else None

    def _close(self, status: str = "completed") -> None:
        item = self._open
        if item is None:
            return
        self._open = None
        if isinstance(item, OpenMessage):
            self._close_part(item)
        else:
            self._close_piece(item)
        self._event("response.output_item.done", output_index=item.index, item=item.item(status))

    def _close_all(self, status: str) -> None:
        self._close(status)
        for one in self._calls.values():
            last = one is self._items[-1]
            where: dict[str, object] = {"output_index": one.index, "item_id": one.id}
            if one.custom:
                self._event("response.custom_tool_call_input.done", **where, input=one.call.arguments)
            else:
                self._event(
                    "response.function_call_arguments.done", **where, name=one.call.name, arguments=one.call.arguments
                )
            item = one.item(status if last else "completed")
            self._event("response.output_item.done", output_index=one.index, item=item)
        self._calls.clear()

    def _whole(self, item: dict[str, object]) -> None:
        begun = {**item, "status": "in_progress"} if "status" in item else {**item}
        if item["type"] == "image_generation_call":
            begun["result"] = None
        one = WholeItem(item)
        self._add(one, begun)
        if item["type"] == "image_generation_call":
            self._event("response.image_generation_call.completed", output_index=one.index, item_id=one.id)
        self._event("response.output_item.done", output_index=one.index, item=item)

    # Messages.

    def _words(self, kind: Words, text: str, logprobs: list[Raw] | None) -> None:
        if not text and not logprobs:
            return
        message = self._message(kind)
        message.texts.append(text)
        where = self._part(message)
        if kind == "refusal":
            self._event("response.refusal.delta", **where, delta=text)
        else:
            message.logprobs += logprobs or []
            self._event("response.output_text.delta", **where, delta=text, logprobs=logprobs or [])

    def _message(self, kind: Words) -> OpenMessage:
        message = self._open
        if not isinstance(message, OpenMessage):
            message = OpenMessage(self._ids.of("msg"))
            self._add(message, message.item("in_progress"))
        elif message.kind == kind:
            return message
        else:
            self._close_part(message)
            message.texts, message.annotations, message.logprobs = [], [], []
        message.kind = kind
        message.content.append(message.part())
        self._event("response.content_part.added", **self._part(message), part=message.content[-1])
        return message

    @staticmethod
    def _part(message: OpenMessage) -> dict[str, object]:
        number = len(message.content) - 1
        return {"output_index": message.index, "item_id": message.id, "content_index": number}

    def _close_part(self, message: OpenMessage) -> None:
        part = message.content[-1] = message.part()
        where = self._part(message)
        if message.kind == "refusal":
            self._event("response.refusal.done", **where, refusal=part["refusal"])
        else:
            self._event("response.output_text.done", **where, text=part["text"], logprobs=message.logprobs)
        self._event("response.content_part.done", **where, part=part)

    def _annotate(self, event: AnnotationEvent) -> None:
        message = self._message("output_text")
        citation = write_annotation(event.annotation, "".join(message.texts))
        if citation is None:
            return
        where = self._part(message)
        where["annotation_index"] = len(message.annotations)
        self._event("response.output_text.annotation.added", **where, annotation=citation)
        message.annotations.append(citation)

    # Reasoning.

    def _reasoning(self, event: ReasoningDelta) -> None:
        kept = kept_item(Reasoning("encrypted", data=event.data, format=event.format))
        if kept is not None:
            self._whole({**kept, "id": self._ids.of("item", id_of(kept))})
            return
        known = self._blocks.get(event.block)
        if known is not None and event.text and not self._grows(*known):
            known = None  # words for a block that is closed: they begin a new one
        if known is None:
            block = Reasoning(event.kind, id=event.id, format=event.format)
            self._blocks[event.block] = known = self._think(block), block
        thought, block = known
        if event.signature is not None:
            block.signature = event.signature
        if event.data is not None:
            block.data = (block.data or "") + event.data
        if event.text and block.kind != "encrypted":
            block.text += event.text
            kind = "reasoning_summary_text" if block.kind == "summary" else "reasoning_text"
            self._event(f"response.{kind}.delta", **self._piece(thought), delta=event.text)

    def _grows(self, thought: OpenThought, block: Reasoning) -> bool:
        return self._open is thought and thought.group.blocks[-1] is block

    def _think(self, block: Reasoning) -> OpenThought:
        thought = self._open
        if isinstance(thought, OpenThought) and thought.group.takes(block):
            self._close_piece(thought)
            thought.group.blocks.append(block)
        else:
            thought = OpenThought(self._ids.of("rs", block.id), Group(block))
            begun: dict[str, object] = {"id": thought.id, "type": "reasoning", "status": "in_progress", "summary": []}
            if block.format != OPENAI_FORMAT:
                begun["format"] = block.format or "unknown"
            self._add(thought, begun)
        if block.kind == "summary":
            part = {"type": "summary_text", "text": ""}
            self._event("response.reasoning_summary_part.added", **self._piece(thought), part=part)
        elif block.kind == "text":
            part = {"type": "reasoning_text", "text": ""}
            self._event("response.content_part.added", **self._piece(thought), part=part)
        return thought

    @staticmethod
    def _piece(thought: OpenThought) -> dict[str, object]:
        """Where the last block stands: summaries and texts are counted apart."""
        kind = thought.group.blocks[-1].kind
        name = "summary_index" if kind == "summary" else "content_index"
        number = sum(one.kind == kind for one in thought.group.blocks) - 1
        return {"output_index": thought.index, "item_id": thought.id, name: number}

    def _close_piece(self, thought: OpenThought) -> None:
        block = thought.group.blocks[-1]
        where = self._piece(thought)
        if block.kind == "summary":
            self._event("response.reasoning_summary_text.done", **where, text=block.text)
            part = {"type": "summary_text", "text": block.text}
            self._event("response.reasoning_summary_part.done", **where, part=part)
        elif block.kind == "text":
            self._event("response.reasoning_text.done", **where, text=block.text)
            self._event("response.content_part.done", **where, part={"type": "reasoning_text", "text": block.text})

    # Tool calls.

    def _call(self, event: ToolCallDelta) -> None:
        one = self._calls.get(event.position)
        if event.signature is not None:
            call_id = one.call.id if one is not None else event.id or ""
            self._whole(call_signature(call_id, event.signature, self._ids.of("rs")))
        if one is None:
            call = ToolCall(event.id or self._ids.of("call"), event.name or "", "")
            custom = call.name in self._custom
            one = self._calls[event.position] = OpenCall(self._ids.of("ctc" if custom else "fc"), call, custom=custom)
            self._add(one, one.item("in_progress"))
        if event.arguments:
            one.call.arguments += event.arguments
            kind = "custom_tool_call_input" if one.custom else "function_call_arguments"
            self._event(f"response.{kind}.delta", output_index=one.index, item_id=one.id, delta=event.arguments)
