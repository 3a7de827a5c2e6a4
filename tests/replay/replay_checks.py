"""What must be true of a replayed exchange, and the short list of what is not, with reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from replay_passages import DOORS, answered, own_reading, patched
from replaying import Asked, Failed, Said, asked, differences, said

from modelport.dialects.canonical import Target
from modelport.errors import BadRequest
from modelport.gateway.dialect_table import DIALECTS, FAULTS
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from replaying import Exchange

    from modelport.dialects.canonical import Request

__all__ = ["EXCEPTIONS", "NOT_ANSWERED", "NOT_ASKED", "REFUSED", "Finding", "check", "excused"]


class Finding(NamedTuple):
    """One thing that was looked at."""

    step: str
    """`same` and `asked` for requests; `read`, `whole` and `streamed` for answers; `refused` for error answers."""
    dialect: str
    """Whose provider is asked, or whose caller is answered."""
    fault: str = ""
    """What is wrong; empty when nothing is."""


_CACHED = "the fixture is the answer of `cachedContents`, not of the address it stands under"
EXCEPTIONS: dict[str, str] = {
    "azure-deepseek-reasoning.1": "the fixture's address is wrong: chat completions at the address of Responses",
    "use-cache-with-structured-1": _CACHED,
    "use-cache-with-text-1": _CACHED,
    "test_video_as_binary_content_input.yaml": "the recorded request was cut down to `{}`",
    "sonar_returns_search_result_citations_when_streaming": "the recording breaks off inside an event",
    "anthropic-programmatic-tool-calling.1.chunks": "the fixture is several streams, one after another",
    "anthropic-tool-search-bm25.1.chunks": "the fixture is several streams, one after another",
    "anthropic-tool-search-deferred-regex.chunks": "the fixture is several streams, one after another",
    "groq-qwen3-effort-setting": "`reasoning_effort: default` is one provider's own word",
}
"""Exchanges that do not pass, by a piece of their id, and why."""

REFUSED: dict[str, str] = {
    "`previous_response_id`": "nothing is stored here: the whole conversation is wanted in `input`",
    "`conversation`": "nothing is stored here: the whole conversation is wanted in `input`",
    "`store`": "nothing is stored here",
    "`background`": "nothing is stored here, so nothing could be fetched later",
}
"""Fields with which a recorded request is refused, by design."""
_NOT_YET = "is not finished: its status is"
"""What such a request's recorded answer is, for callers who come back for it."""

_WORDS_ONLY = "one text in, one text out: this dialect has no room for it"
NOT_ASKED: dict[str, dict[str, str]] = {
    "openai_completions": {"turns": _WORDS_ONLY, "choice": "there are no tools to choose from"},
    "anthropic_messages": {
        "longest": "a length is demanded, so the model's longest is asked for",
        "form": "`json_object` is asked for in words",
        "stop": "sequences of white space are refused, and left out",
        "temperature": "refused by the provider beside reasoning, and left out",
        "choice": "`none` without tools says nothing",
    },
    "bedrock_converse": {
        "form": "`json_object` is asked for in words",
        "choice": "`none` is said by leaving tools out",
        "tools": "left out where none may be called",
    },
    "cohere_chat": {
        "choice": "one tool is forced by offering no other",
        "tools": "one tool is forced by offering no other",
    },
    "gemini": {
        "choice": "`none` without tools says nothing",
        "files": "a file is what its media type says: a picture, sound",
        "images": "see files",
        "sounds": "see files",
    },
    "openai_responses": {"stop": "the dialect has no such field; the reference drops it"},
}
"""What a provider of a dialect is not told, or told in another way: field and reason."""

_IN_TEXT = "stands in the text"
NOT_ANSWERED: dict[str, dict[str, str]] = {
    "openai_completions": {
        "calls": _WORDS_ONLY,
        "kept": _WORDS_ONLY,
        "refusal": _IN_TEXT,
        "images": _IN_TEXT,
        "sound": "its transcript stands in the text",
        "choices": "an answer of nothing but calls is empty",
    },
    "anthropic_messages": {
        "choices": "several are refused before the call: one answer at a time",
        "logprobs": "no such field",
        "refusal": _IN_TEXT,
        "images": _IN_TEXT,
        "sound": "its transcript stands in the text",
        "finish": "no word for an answer that went wrong",
    },
    "bedrock_converse": {
        "choices": "several are refused before the call: one answer at a time",
        "logprobs": "no such field",
        "refusal": _IN_TEXT,
        "images": "those at an address stand in the text",
        "sound": "its transcript stands in the text",
        "usage.reasoning": "no such figure",
    },
    "gemini": {"refusal": _IN_TEXT, "usage.written": "no such figure"},
    "cohere_chat": {
        "choices": "several are refused before the call: one answer at a time",
        "kept": "no field for what belongs to reasoning",
        "refusal": _IN_TEXT,
        "images": _IN_TEXT,
        "sound": "its transcript stands in the text",
        "usage.written": "no such figure",
        "logprobs": "of several texts under one token, the first",
    },
    "openai_responses": {
        "choices": "several are refused before the call: one answer at a time",
        "sound": "its transcript stands in the text",
    },
}
"""What a caller of a dialect is not told, or told in another way: field and reason."""

_TARGET = Target("m", stream=False, default_max_tokens=4096)


def excused(exchange: Exchange) -> str | None:
    """Why the exchange need not pass, if there is a reason."""
    return next((reason for piece, reason in EXCEPTIONS.items() if piece in exchange.id), None)


def check(exchange: Exchange, dialects: Collection[str]) -> Iterator[Finding]:
    """All that can be looked at in an exchange, with providers and callers of `dialects`."""
    if exchange.request:
        yield from _requests(exchange, dialects)
    if exchange.status >= 400:
        told = DIALECTS[exchange.dialect].read_error(exchange.status, exchange.body)
        yield Finding("refused", exchange.dialect, "" if told.strip() else "no words in the error")
    elif exchange.body:
        yield from _answers(exchange, dialects)


# Requests.


def _requests(exchange: Exchange, dialects: Collection[str]) -> Iterator[Finding]:
    own = exchange.dialect
    try:
        request = DIALECTS[own].read_request(exchange.request, *exchange.address)
        yield Finding("same", own, _changed(exchange))
    except BadRequest as error:
        # The recorded provider refused it as well: no loss.
        fine = exchange.status >= 400 or any(field in str(error) for field in REFUSED)
        yield Finding("same", own, "" if fine else f"refused: {error}")
        return
    for name in dialects:
        fault = _misunderstood(request, own, name)
        yield Finding("asked", name, "" if exchange.status >= 400 else fault)


def _changed(exchange: Exchange) -> str:
    """Fields in which the request we send differs from the recorded one."""
    before, after = _normal(exchange.request), _normal(patched(exchange))
    names = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    return f"the request differs in {', '.join(sorted(names))}" if names else ""


_OURS = frozenset({
    "model", "stream", "stream_options", "user", "provider", "usage", "plugins", "transforms", "models", "route",
    "session_id", "store", "trace", "include", "messages.cache_control",
})  # fmt: skip
"""Fields that we set ourselves, or that are meant for a gateway."""


def _normal(body: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(body)
    return {name: value for name, value in fields.items() if name not in _OURS and value is not None}


def _misunderstood(request: Request, own: str, name: str) -> str:
    if name != own:
        request = msgspec.structs.replace(request, extra={})
    spoken = DIALECTS[name]
    try:
        written = spoken.write_request(request, _TARGET._replace(stream=request.stream))
    except BadRequest as error:
        return "" if str(error) else "refused without a word"
    try:
        back = spoken.read_request(written, request.model, request.stream)
    except BadRequest as error:
        return f"can't be read back: {error}"
    first, second = asked(request), asked(back)
    known = NOT_ASKED.get(name, {})
    wrong = {field: pair for field, pair in differences(first, second).items() if field not in known}
    if "turns" in wrong and not _lost(first, second):
        del wrong["turns"]
    if "results" in wrong and _letters(first.results) == _letters(second.results):
        del wrong["results"]
    return _told(wrong)


def _lost(first: Asked, second: Asked) -> list[str]:
    """Texts that nobody says any more: turns may be joined, and instructions moved to the front."""
    said_now = {speaker: "" for speaker, _ in (*first.turns, *second.turns)}
    for speaker, text in second.turns:
        said_now[speaker] += "".join(text.split())
    everything = "".join(said_now.values())
    return [text for speaker, text in first.turns if not _within(text, said_now[speaker], everything, speaker)]


def _within(text: str, spoken: str, everything: str, speaker: str) -> bool:
    if speaker == "system":
        return all("".join(line.split()) in everything for line in text.splitlines())
    return "".join(text.split()) in spoken


def _letters(texts: tuple[str, ...]) -> str:
    # A result of an empty object is no text where results are objects.
    return "".join("".join(text.split()) for text in texts).replace("{}", "")


# Answers.


def _answers(exchange: Exchange, dialects: Collection[str]) -> Iterator[Finding]:
    try:
        own = own_reading(exchange)
    except Failed as error:
        fine = _is_error(exchange) or exchange.cut or _NOT_YET in str(error)
        yield Finding("read", exchange.dialect, "" if fine else str(error))
        return
    yield Finding("read", exchange.dialect)
    first = said(own.output, own.usage)
    if not first.choices:
        return  # nothing was said, which is told as an error
    for name in dialects:
        assert name in DOORS
        for stream in (False, True):
            step = "streamed" if stream else "whole"
            try:
                back = answered(exchange, name, stream=stream)
            except (*FAULTS, UpstreamFault) as error:
                failed = name == "openai_responses" and first.finish == "error"
                yield Finding(step, name, "" if failed else f"can't be read back: {error}")
                continue
            yield Finding(step, name, _misheard(first, said(back.output, back.usage), name))


def _is_error(exchange: Exchange) -> bool:
    """Whether the provider said inside its 200 that it failed."""
    return b'"error"' in exchange.body


def _misheard(first: Said, second: Said, name: str) -> str:
    known = NOT_ANSWERED.get(name, {})
    wrong = {field: pair for field, pair in differences(first, second).items() if field not in known}
    if "text" in wrong and not _missing(first, second, known):
        del wrong["text"]
    if "finish" in wrong and (not first.finish or _calls_after_all(first, second)):
        del wrong["finish"]  # where the provider never said why, a whole answer must say something
    if "usage" in wrong and _figures(first, known) == _figures(second, known):
        del wrong["usage"]
    if "calls" in wrong and [call[0] for call in first.calls] == [call[0] for call in second.calls]:
        invalid = [call for call in first.calls if not _is_object(call[1])]
        if invalid and all("INVALID_JSON" in call[1] or call in first.calls for call in second.calls):
            del wrong["calls"]  # a dialect whose arguments are objects keeps what is none under that name
    return _told(wrong)


def _calls_after_all(first: Said, second: Said) -> bool:
    """Agents run tools by this word, and some providers say `stop` after calls."""
    return bool(first.calls) and (first.finish, second.finish) == ("stop", "tool_calls")


def _missing(first: Said, second: Said, known: dict[str, str]) -> bool:
    """Whether words are lost, where what a dialect has no field for is put into words."""
    if not {"refusal", "images", "sound"} & known.keys():
        return True
    return first.text not in second.text or first.refusal not in second.text + second.refusal


def _figures(told: Said, known: dict[str, str]) -> tuple[int, ...]:
    prompt, completion, cached, written, reasoning = told.usage
    # What was written to a cache and read from it at once is told once where all must add up.
    written = 0 if "usage.written" in known else min(written, prompt - cached)
    return (prompt, completion, cached, written, 0 if "usage.reasoning" in known else reasoning)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _told(wrong: dict[str, tuple[Any, Any]]) -> str:
    return "; ".join(f"{field}: {str(one)[:150]} became {str(other)[:150]}" for field, (one, other) in wrong.items())
