"""Whole answers of a provider, read into events."""

from __future__ import annotations

import msgspec

from modelport.dialects.canonical import Event, Finish, FinishReason, Start, UsageEvent
from modelport.dialects.openai_responses.errors import Malformed
from modelport.dialects.openai_responses.output import Items, read_usage
from modelport.dialects.openai_responses.wire import OPENAI_FORMAT, Answer, Fault
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS

__all__ = ["ending", "finish_reason", "read_response"]

_ANSWER = Forgiving(Answer)

_REASONS = {
    "completed": FinishReason.STOP,
    "complete": FinishReason.STOP,  # recorded of an early server
    "incomplete": FinishReason.LENGTH,  # without details; recorded of an early server
    "max_output_tokens": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "cancelled": FinishReason.ERROR,
    "failed": FinishReason.ERROR,
}

_UNFINISHED = frozenset({"queued", "in_progress"})


def finish_reason(native: str, *, calls: bool) -> FinishReason:
    """The reference's word for a status or an incomplete reason; an unknown one counts as a plain stop."""
    reason = _REASONS.get(native, FinishReason.STOP)
    return FinishReason.TOOL_CALLS if calls and reason is FinishReason.STOP else reason


def ending(answer: Answer, items: Items) -> list[Event]:
    """How an answer ended and what it took."""
    events: list[Event] = []
    usage = read_usage(answer.usage)
    if usage is not None:
        if items.searches and not usage.web_searches:
            usage = msgspec.structs.replace(usage, web_searches=items.searches)
        events.append(UsageEvent(usage))
    native = (answer.incomplete_details and answer.incomplete_details.reason) or answer.status or "completed"
    events.append(Finish(finish_reason(native, calls=items.calls > 0), native))
    return events


def read_response(body: bytes, *, reasoning_format: str | None = None) -> list[Event]:
    """The events of a provider's whole answer.

    `reasoning_format` is the reference's name for what this provider's reasoning items hold, where it is not OpenAI's.
    Raises `Malformed` when the body is no finished answer: an HTML page, a failed one, one that was put in a queue.
    """
    try:
        answer = _ANSWER.decode(body)
        if answer.error is not None:
            raise Malformed(_told(answer.error))
        if answer.output is None:
            raise Malformed("the body is not a response of this dialect")
        if answer.status in _UNFINISHED:
            raise Malformed(f"the answer is not finished: its status is {answer.status!r}")
        if answer.status == "failed":
            raise Malformed("The provider reported an error.")
        items = Items(reasoning_format or OPENAI_FORMAT)
        events: list[Event] = [Start(answer.id, answer.model)]
        for index, raw in enumerate(answer.output):
            events += items.done(index, raw)
        return events + ending(answer, items)
    except FAULTS as error:
        raise Malformed("the body is not a response of this dialect") from error


def _told(fault: Fault | str) -> str:
    told = fault if isinstance(fault, str) else fault.message
    return told or "The provider reported an error."
