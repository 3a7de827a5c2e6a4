"""Answers of a provider that speaks the caller's dialect: its own bytes, with named patches.

Patched are the id, the model and what is said of money; thoughts are left out for a caller who does not want to see
them. The provider's own figures stay, for they are what is charged. All else goes through byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.gemini.errors import Malformed, StreamError, fault_of
from modelport.dialects.gemini.frames import COMMENT, Frames
from modelport.dialects.gemini.stream_write import Writer
from modelport.dialects.gemini.usage import cost_fields, read_usage, write_usage
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, NULL, one_line, overlaid

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Identity

__all__ = ["ArrayPatcher", "Patcher", "patch_response"]


class _Thought(msgspec.Struct):
    thought: bool | None = None


class _Ending(msgspec.Struct, rename="camel"):
    finish_reason: str | int | None = None


_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_THOUGHT = Forgiving(_Thought)
_ENDING = Forgiving(_Ending)
_ENCODER = msgspec.json.Encoder()


def patch_response(body: bytes, identity: Identity, charged: Charged, *, without_reasoning: bool) -> bytes:
    """The body for a caller. Raises `Malformed` when a provider's is no answer."""
    try:
        fields = _OBJECT.decode(body)
        if fields.get("error", NULL) != NULL or ("candidates" not in fields and "promptFeedback" not in fields):
            raise Malformed("the body has no candidates")
        if without_reasoning and "candidates" in fields:
            fields["candidates"], _ = _without_thoughts(fields["candidates"])
    except FAULTS as error:
        raise Malformed("the body is not an answer of the Gemini API") from error
    usage = _usage(fields.get("usageMetadata"), charged)
    return _ENCODER.encode(_signed(fields, identity) | {"usageMetadata": usage})


def _signed(fields: dict[str, Raw], identity: Identity) -> dict[str, object]:
    ours: dict[str, object] = {"modelVersion": identity.model, "responseId": identity.id}
    return {**fields, **ours}


def _usage(theirs: Raw | None, charged: Charged) -> dict[str, object]:
    """The provider's figures, ours where it gave none, and what they cost."""
    if theirs is None or read_usage(theirs) is None:
        return overlaid(theirs, write_usage(charged))
    return overlaid(theirs, cost_fields(charged))


def _without_thoughts(raw: Raw) -> tuple[Raw, bool]:
    """Candidates without their thoughts, and whether nothing else is left of them."""
    empty = True
    candidates: list[object] = []
    for each in _LIST.decode(raw):
        candidate = _OBJECT.decode(each) if _is_object(each) else {}
        content = _OBJECT.decode(candidate["content"]) if _is_object(candidate.get("content")) else {}
        parts = _LIST.decode(content["parts"]) if "parts" in content else []
        kept = [part for part in parts if not (_THOUGHT.decode_or_none(part) or _Thought()).thought]
        if len(kept) == len(parts):
            candidates.append(each)
            empty = empty and not parts and not set(candidate) - {"content", "index"}
        else:
            candidates.append(dict(candidate) | {"content": dict(content) | {"parts": kept}})
            empty = empty and not kept and not set(candidate) - {"content", "index"}
    return Raw(_ENCODER.encode(candidates)), empty


def _is_object(raw: Raw | None) -> bool:
    return raw is not None and bytes(raw)[:1] == b"{"


class Patcher:
    """Patches one stream's events. A `Reader` beside it tells what billing needs.

    From the first chunk that says why a candidate ended, all of them wait for `end`; of usage only the last is told.
    """

    COMMENT = COMMENT

    def __init__(self, identity: Identity, *, without_reasoning: bool, sse: bool = True) -> None:
        self._identity = identity
        self._without_reasoning = without_reasoning
        self._frames = Frames(sse=sse)
        self._writer = Writer(identity, sse=sse)
        self._begun = False
        self._held: list[dict[str, object]] = []
        self._usage: Raw | None = None

    def feed(self, event: bytes, data: bytes) -> bytes:
        """The event for the caller that a provider's event becomes; empty when there is nothing to pass on yet.

        Raises `StreamError`.
        """
        del event
        if not data.strip() or data.startswith(b"[DONE]"):
            return b""
        try:
            fields = _OBJECT.decode(one_line(data))
            if fields.get("error", NULL) != NULL:
                raise fault_of(fields["error"])
            return self._patched(fields)
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no chunk of the Gemini API.") from error

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took; what a stream that was cut left out is made up for."""
        if not self._held:
            if not self._begun:
                return self._writer.end(charged)
            end: dict[str, object] = {"candidates": [{"finishReason": "STOP", "index": 0}]}
            self._held = [end | {"modelVersion": self._identity.model, "responseId": self._identity.id}]
        self._held[-1]["usageMetadata"] = _usage(self._usage, charged)
        out = [self._frames.put(_ENCODER.encode(chunk)) for chunk in self._held]
        return b"".join(out) + self._frames.last()

    def fail(self, error: Exception) -> bytes:
        """The end of an answer that failed."""
        failed = Writer(self._identity).fail(error)
        chunk = failed.removeprefix(b"data: ").strip()
        return self._frames.put(chunk) + self._frames.last()

    def _patched(self, fields: dict[str, Raw]) -> bytes:
        if (usage := fields.pop("usageMetadata", NULL)) != NULL:
            self._usage = usage
        empty = "candidates" not in fields
        if self._without_reasoning and not empty:
            fields["candidates"], empty = _without_thoughts(fields["candidates"])
        ends = self._held or "promptFeedback" in fields or _says_why(fields.get("candidates"))
        if not ends and empty:
            return b""
        signed = _signed(fields, self._identity)
        if ends:
            self._held.append(signed)
            return b""
        self._begun = True
        return self._frames.put(_ENCODER.encode(signed))


class ArrayPatcher(Patcher):
    """Patches one stream's events into the elements of a JSON list."""

    def __init__(self, identity: Identity, *, without_reasoning: bool) -> None:
        super().__init__(identity, without_reasoning=without_reasoning, sse=False)


def _says_why(candidates: Raw | None) -> bool:
    if candidates is None or candidates == NULL:
        return False
    return any(
        (_ENDING.decode_or_none(each) or _Ending()).finish_reason is not None for each in _LIST.decode(candidates)
    )
