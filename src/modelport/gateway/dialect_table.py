"""The one table of dialects: every folder of `dialects/`, by the name that a catalogue gives as `dialect`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from modelport.dialects.anthropic_messages import errors as messages_errors
from modelport.dialects.anthropic_messages import request as messages_request
from modelport.dialects.anthropic_messages import response as messages_response
from modelport.dialects.anthropic_messages import stream as messages_stream
from modelport.dialects.bedrock_converse import errors as bedrock_errors
from modelport.dialects.bedrock_converse import request as bedrock_request
from modelport.dialects.bedrock_converse import response as bedrock_response
from modelport.dialects.bedrock_converse import stream as bedrock_stream
from modelport.dialects.cohere_chat import errors as cohere_errors
from modelport.dialects.cohere_chat import request as cohere_request
from modelport.dialects.cohere_chat import response as cohere_response
from modelport.dialects.cohere_chat import stream as cohere_stream
from modelport.dialects.gemini import errors as gemini_errors
from modelport.dialects.gemini import request as gemini_request
from modelport.dialects.gemini import response as gemini_response
from modelport.dialects.gemini import stream as gemini_stream
from modelport.dialects.openai_chat import canonical_request as chat_request
from modelport.dialects.openai_chat import canonical_response as chat_response
from modelport.dialects.openai_chat import canonical_stream as chat_stream
from modelport.dialects.openai_chat import errors as chat_errors
from modelport.dialects.openai_chat.response import Malformed as ChatMalformed
from modelport.dialects.openai_chat.stream import StreamError as ChatStreamError
from modelport.dialects.openai_completions import errors as completions_errors
from modelport.dialects.openai_completions import request as completions_request
from modelport.dialects.openai_completions import response as completions_response
from modelport.dialects.openai_completions import stream as completions_stream
from modelport.dialects.openai_responses import errors as responses_errors
from modelport.dialects.openai_responses import request as responses_request
from modelport.dialects.openai_responses import response as responses_response
from modelport.dialects.openai_responses import stream as responses_stream
from modelport.dialects.openai_responses.wire import OPENAI_FORMAT
from modelport.dialects.vectors.meaning import Malformed as VectorsMalformed
from modelport.gateway.dialect import Dialect, SameDialect

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Identity, Request, Target
    from modelport.gateway.dialect import StreamPatcher, StreamWriter

__all__ = ["DIALECTS", "FAULTS", "GEMINI_ARRAY"]


class _Requests(Protocol):
    """`request.py` of a folder, as far as all are alike."""

    def path(self, model: str, /, *, stream: bool) -> str: ...
    def headers(self, api_key: str, /) -> dict[str, str]: ...
    def write_request(self, request: Request, target: Target, /) -> bytes: ...
    def patch_request(self, body: bytes, target: Target, /) -> bytes: ...


class _Patches(Protocol):
    """`Patcher` of a folder's `stream.py`."""

    def __call__(self, identity: Identity, /, *, without_reasoning: bool) -> StreamPatcher: ...


class _PatchesWhole(Protocol):
    """`patch_response` of a folder's `response.py`."""

    def __call__(self, body: bytes, identity: Identity, charged: Charged, /, *, without_reasoning: bool) -> bytes: ...


def _same(requests: _Requests, patcher: _Patches, patch_response: _PatchesWhole) -> SameDialect:
    return SameDialect(
        requests.patch_request,
        lambda identity, without_reasoning: patcher(identity, without_reasoning=without_reasoning),
        lambda body, identity, charged, without_reasoning: patch_response(
            body, identity, charged, without_reasoning=without_reasoning
        ),
    )


def _path(requests: _Requests, model: str, stream: bool) -> str:  # noqa: FBT001
    return requests.path(model, stream=stream)


_CHAT = Dialect(
    path=lambda model, stream: chat_request.path(model, stream=stream),
    headers=chat_request.headers,
    write_request=chat_request.write_request,
    reader=lambda _target: chat_stream.Reader(),
    read_response=lambda body, _target: chat_response.read_response(body),
    read_error=lambda _status, body: chat_errors.read_error(body),
    read_request=lambda body, _model, _stream: chat_request.read_request(body),
    writer=lambda identity, _request: chat_stream.Writer(identity),
    write_response=lambda output, identity, charged, _request: chat_response.write_response(output, identity, charged),
    write_error=chat_errors.write_error,
    comment=chat_stream.COMMENT,
)

_COMPLETIONS = Dialect(
    path=partial(_path, completions_request),
    headers=completions_request.headers,
    write_request=completions_request.write_request,
    reader=lambda _target: completions_stream.Reader(),
    read_response=lambda body, _target: completions_response.read_response(body),
    read_error=completions_errors.read_error,
    read_request=lambda body, _model, _stream: completions_request.read_request(body),
    writer=lambda identity, _request: completions_stream.Writer(identity),
    write_response=lambda output, identity, charged, _request: completions_response.write_response(
        output, identity, charged
    ),
    write_error=completions_errors.write_error,
    comment=completions_stream.COMMENT,
    same=_same(completions_request, completions_stream.Patcher, completions_response.patch_response),
)

_MESSAGES = Dialect(
    path=partial(_path, messages_request),
    headers=messages_request.headers,
    write_request=messages_request.write_request,
    reader=lambda _target: messages_stream.Reader(),
    read_response=lambda body, _target: messages_response.read_response(body),
    read_error=messages_errors.read_error,
    read_request=lambda body, _model, _stream: messages_request.read_request(body),
    writer=lambda identity, _request: messages_stream.Writer(identity),
    write_response=lambda output, identity, charged, _request: messages_response.write_response(
        output, identity, charged
    ),
    write_error=messages_errors.write_error,
    comment=messages_stream.COMMENT,
    same=_same(messages_request, messages_stream.Patcher, messages_response.patch_response),
)

_GEMINI = Dialect(
    path=partial(_path, gemini_request),
    headers=gemini_request.headers,
    write_request=gemini_request.write_request,
    reader=lambda _target: gemini_stream.Reader(),
    read_response=lambda body, _target: gemini_response.read_response(body),
    read_error=gemini_errors.read_error,
    read_request=lambda body, model, stream: gemini_request.read_request(body, model=model, stream=stream),
    writer=lambda identity, _request: gemini_stream.Writer(identity),
    write_response=lambda output, identity, charged, _request: gemini_response.write_response(
        output, identity, charged
    ),
    write_error=gemini_errors.write_error,
    comment=gemini_stream.COMMENT,
    same=_same(gemini_request, gemini_stream.Patcher, gemini_response.patch_response),
)

_BEDROCK = Dialect(
    path=partial(_path, bedrock_request),
    headers=bedrock_request.headers,
    write_request=bedrock_request.write_request,
    reader=lambda _target: bedrock_stream.Reader(),
    read_response=lambda body, _target: bedrock_response.read_response(body),
    read_error=bedrock_errors.read_error,
    read_request=lambda body, model, stream: bedrock_request.read_request(body, model=model, stream=stream),
    writer=lambda identity, _request: bedrock_stream.Writer(identity),
    write_response=lambda output, identity, charged, _request: bedrock_response.write_response(
        output, identity, charged
    ),
    write_error=bedrock_errors.write_error,
    comment=bedrock_stream.COMMENT,
    same=_same(bedrock_request, bedrock_stream.Patcher, bedrock_response.patch_response),
)

_COHERE = Dialect(
    path=partial(_path, cohere_request),
    headers=cohere_request.headers,
    write_request=cohere_request.write_request,
    reader=lambda _target: cohere_stream.Reader(),
    read_response=lambda body, _target: cohere_response.read_response(body),
    read_error=cohere_errors.read_error,
    read_request=lambda body, _model, _stream: cohere_request.read_request(body),
    writer=lambda identity, _request: cohere_stream.Writer(identity),
    write_response=lambda output, identity, charged, _request: cohere_response.write_response(
        output, identity, charged
    ),
    write_error=cohere_errors.write_error,
    comment=cohere_stream.COMMENT,
    same=_same(cohere_request, cohere_stream.Patcher, cohere_response.patch_response),
)

_RESPONSES = Dialect(
    path=partial(_path, responses_request),
    headers=responses_request.headers,
    write_request=responses_request.write_request,
    reader=lambda target: responses_stream.Reader(reasoning_format=target.reasoning_format or OPENAI_FORMAT),
    read_response=lambda body, target: responses_response.read_response(
        body, reasoning_format=target.reasoning_format or OPENAI_FORMAT
    ),
    read_error=responses_errors.read_error,
    read_request=lambda body, _model, _stream: responses_request.read_request(body),
    writer=responses_stream.Writer,
    write_response=lambda output, identity, charged, request: responses_response.write_response(
        output, identity, charged, request=request
    ),
    write_error=responses_errors.write_error,
    comment=responses_stream.COMMENT,
    same=_same(responses_request, responses_stream.Patcher, responses_response.patch_response),
)


def _array_writer(identity: Identity, _request: Request) -> StreamWriter:
    return gemini_stream.ArrayWriter(identity)


GEMINI_ARRAY = replace(
    _GEMINI,
    writer=_array_writer,
    comment=b" ",
    same=_same(gemini_request, gemini_stream.ArrayPatcher, gemini_response.patch_response),
)
"""The same towards a caller who did not ask for server-sent events: pieces of one JSON array, where blanks are free."""

DIALECTS: dict[str, Dialect] = {
    "openai_chat": _CHAT,
    "openai_completions": _COMPLETIONS,
    "openai_responses": _RESPONSES,
    "anthropic_messages": _MESSAGES,
    "gemini": _GEMINI,
    "bedrock_converse": _BEDROCK,
    "cohere_chat": _COHERE,
}

FAULTS = (
    ChatStreamError,
    ChatMalformed,
    completions_errors.StreamError,
    completions_errors.Malformed,
    responses_errors.StreamError,
    responses_errors.Malformed,
    messages_errors.StreamError,
    messages_errors.Malformed,
    gemini_errors.StreamError,
    gemini_errors.Malformed,
    bedrock_errors.StreamError,
    bedrock_errors.Malformed,
    cohere_errors.StreamError,
    cohere_errors.Malformed,
    VectorsMalformed,
)
"""What the dialects raise on bytes that are no answer of theirs."""
