"""A provider's own bytes for a caller of the same dialect, and a caller's for a provider, beyond what is recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cohere_chat_samples import CHARGED, ID, events_of

from modelport.dialects.cohere_chat.errors import StreamError
from modelport.dialects.cohere_chat.request import Target, patch_request
from modelport.dialects.cohere_chat.response import patch_response
from modelport.dialects.cohere_chat.stream import Patcher, Reader
from modelport.errors import NotFound

CITED = {"start": 0, "end": 1, "text": "a", "sources": [], "content_index": 1}
CHART = {"type": "chart"}
CONTENT = [{"type": "thinking", "thinking": "t"}, {"type": "text", "text": "a"}, CHART]
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "null"}}


def event(kind: str, **fields: Any) -> bytes:
    return json.dumps({"type": kind, **fields}).encode()


def delta(**message: Any) -> dict[str, Any]:
    return {"message": message}


def answer(message: Any, **fields: Any) -> bytes:
    return json.dumps({"id": "up", "message": message, **fields}).encode()


class TestWithoutReasoning:
    """A provider's own answer for a caller who does not want to see thoughts."""

    def test_whole(self) -> None:
        """Blocks that are cited are numbered anew; sources of thoughts go with them."""
        message = {"content": CONTENT, "tool_plan": "P", "tool_calls": [CALL]}
        of_thoughts = {**CITED, "content_index": 0, "type": "THINKING_CONTENT"}
        body = answer({**message, "citations": [of_thoughts, CITED]}, finish_reason="TOOL_CALL")
        patched = json.loads(patch_response(body, ID, CHARGED, without_reasoning=True))
        assert patched["message"] == {
            "content": CONTENT[1:],
            "tool_calls": [CALL],
            "citations": [{**CITED, "content_index": 0}],
        }
        alone = answer({**message, "citations": [of_thoughts]})
        assert "citations" not in json.loads(patch_response(alone, ID, CHARGED, without_reasoning=True))["message"]

    def test_stream(self) -> None:
        """The same for events; what has no thoughts before it is let through as it is."""
        patcher = Patcher(ID, without_reasoning=True)
        early = event("citation-start", index=0, delta=delta(citations=CITED))
        assert events_of(patcher.feed(b"citation-start", early)) == [(b"citation-start", early)]
        call = event("tool-call-start", index=0, delta=delta(tool_calls=CALL))
        assert events_of(patcher.feed(b"", call)) == [(b"", call)]
        gone = [
            event("content-start", index=0, delta=delta(content={"type": "thinking", "thinking": ""})),
            event("content-delta", index=0, delta=delta(content={"thinking": "t"})),
            event("citation-start", index=0, delta=delta(citations={**CITED, "content_index": 0})),
            event("content-end", index=0),
            event("tool-plan-delta", delta=delta(tool_plan="P")),
        ]
        assert [patcher.feed(b"", data) for data in gone] == [b""] * 5
        start = event("content-start", index=1, delta=delta(content={"type": "text", "text": "a"}))
        stop = event("content-end", index=1)
        kept = b"".join(patcher.feed(b"", data) for data in (start, early, stop))
        first, cited, last = [json.loads(data) for _, data in events_of(kept)]
        assert first == {**json.loads(start), "index": 0}
        assert cited["delta"]["message"]["citations"] == {**CITED, "content_index": 0}
        assert last == {"type": "content-end", "index": 0}

    def test_no_end(self) -> None:
        """A stream that just stops is ended properly, and one that fails is too."""
        patcher = Patcher(ID, without_reasoning=True)
        assert patcher.feed(b"", b" ") == patcher.feed(b"", b"[DONE]") == b""
        with pytest.raises(StreamError):
            patcher.feed(b"", b"<html>")
        [(name, data), (_, done)] = events_of(patcher.end(CHARGED))
        assert (name, done) == (b"message-end", b"[DONE]")
        assert json.loads(data)["delta"]["finish_reason"] == "COMPLETE"
        with pytest.raises(StreamError, match="no key"):
            Reader().feed(*events_of(patcher.fail(NotFound("no key")))[0])


class TestWhatCallersSendBack:
    """Marks that we put on an answer for the caller do not reach a provider of the same dialect."""

    def patched(self, *messages: dict[str, Any]) -> list[Any]:
        body = json.dumps({"model": "m", "messages": messages}).encode()
        return json.loads(patch_request(body, Target("m", stream=False)))["messages"]

    def test_marks(self) -> None:
        foreign = {"type": "thinking", "thinking": "t", "reasoning_detail": {"type": "reasoning.text"}}
        own = {"type": "thinking", "thinking": "u", "x_new": 1}
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        user = {"role": "user", "content": '"signature" and "reasoning_detail"'}
        turns = self.patched(
            user,
            {"role": "assistant", "content": [foreign]},
            {"role": "assistant", "content": [foreign, own], "tool_calls": [{**call, "signature": "s"}]},
            {"role": "assistant", "content": [foreign, own]},
            {"role": "assistant", "content": "plain"},
        )
        assert turns == [
            user,
            {"role": "assistant", "content": [own], "tool_calls": [call]},
            {"role": "assistant", "content": [own]},
            {"role": "assistant", "content": "plain"},
        ]

    def test_what_is_no_message_is_not_judged(self) -> None:
        """The provider refuses it in its own words."""
        body = b'{"model":"m","messages":[1,{"signature":2}]}'
        assert b'"messages":[1,{"signature":2}]' in patch_request(body, Target("m", stream=False))
        assert patch_request(b"{}", Target("m", stream=False)) == b'{"model":"m"}'
