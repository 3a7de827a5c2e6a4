"""Requests for numbers as the chat path sees them, and how their answers travel.

A provider that speaks the caller's own shape is sent the caller's bytes with patches, and its answer goes back
likewise, as long as it holds what was asked for; else both are written anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Image, Message, Request, Role, Text, Usage
from modelport.dialects.openai_chat.wire import Peek
from modelport.dialects.vectors.fitting import fit_embeddings, fit_reranking
from modelport.dialects.vectors.meaning import (
    Embeddings,
    EmbeddingsRequest,
    Malformed,
    Reranking,
    RerankRequest,
    Tokens,
)
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modelport.dialects.canonical import Charged, FinishReason, Identity, Target, ToolCall
    from modelport.dialects.openai_chat.request import ChatRequest
    from modelport.gateway.door import Door
    from modelport.gateway.passage import Passage

__all__ = ["EmbeddingsAsked", "RerankAsked", "Shape", "VectorAsked"]

_MEDIA_TOKENS = 1_600
"""What a picture or another file is taken for when nothing better is known."""
_UNIT = 100
"""Documents that make up one search unit, where rankings are billed so."""

_R = TypeVar("_R", EmbeddingsRequest, RerankRequest)
_A = TypeVar("_A", Embeddings, Reranking)


class Shape(NamedTuple, Generic[_R, _A]):
    """A module of `dialects/vectors`: how providers are asked in it, and callers answered."""

    path: Callable[[str], str]
    write_request: Callable[[_R, Target], bytes]
    patch_request: Callable[[bytes, Target], bytes]
    read_response: Callable[[bytes], _A]
    write_response: Callable[[_A, Identity, Charged], bytes]
    patch_response: Callable[[bytes, Identity, Charged], bytes]
    single: bool = True
    """Whether one input outside a list is asked for at the same address as several."""
    repeats: bool = False
    """Whether callers expect the documents beside their scores, which not every provider repeats."""


class VectorAsked(ABC):
    """What the chat path needs of a request for numbers."""

    stream = False
    max_tokens: int | None = 0
    """Nothing is written, so nothing of that kind is paid for."""
    chat: ChatRequest | None = None

    def __init__(self, model: str, extra: Mapping[str, Raw], user: str | None, body: bytes) -> None:
        self.body = body
        try:
            kept = {name: raw for name, raw in extra.items() if name in {"models", "provider", "session_id"}}
            self.peek = msgspec.json.decode(msgspec.json.encode(kept), type=Peek)
        except msgspec.ValidationError as error:
            raise BadRequest(f"Invalid request: {error}") from error
        self.peek.model = model
        self.peek.user = user

    @abstractmethod
    def write(self, dialect: str, target: Target) -> bytes:
        """The body for a provider that speaks `dialect`. Raises `BadRequest`."""

    @abstractmethod
    def passage(self, dialect: str, identity: Identity, door: Door) -> Passage:
        """How its answer travels back."""

    @abstractmethod
    def prompt_text(self) -> tuple[str, int]:
        """The text the model will read, and how many tokens everything else in it is taken for."""

    @property
    def prompt_bytes(self) -> int:
        """How many bytes of text the model will read: no tokenizer makes more tokens of them."""
        return self._size

    @cached_property
    def _size(self) -> int:
        text, other = self.prompt_text()
        return len(text.encode(errors="replace")) + other * 2

    @abstractmethod
    def images(self) -> int:
        """How many pictures the model will see."""

    @property
    def units(self) -> int:
        """How many requests a provider that charges by the request will count."""
        return 1

    def wanted(self) -> frozenset[str]:
        """Names of the features an endpoint must have to serve this at all: none."""
        return frozenset()

    @property
    def canonical(self) -> Request:
        """The words as a conversation of one turn, for whoever looks at what was said."""
        return Request(model=self.peek.model or "", messages=[Message(Role.USER, [Text(self.prompt_text()[0])])])


class EmbeddingsAsked(VectorAsked):
    """Something to be embedded."""

    def __init__(
        self,
        request: EmbeddingsRequest,
        body: bytes,
        shape: Shape[EmbeddingsRequest, Embeddings],
        providers: Mapping[str, Shape[EmbeddingsRequest, Embeddings]],
    ) -> None:
        super().__init__(request.model, request.extra, request.user, body)
        self._request = request
        self._shape = shape
        self._providers = providers

    def write(self, dialect: str, target: Target) -> bytes:  # noqa: D102 (see VectorAsked)
        spoken = self._providers[dialect]
        if spoken is self._shape and (spoken.single or not self._request.bare):
            return spoken.patch_request(self.body, target)
        return _written(spoken, self._shape, self._request, target)

    def passage(self, dialect: str, identity: Identity, door: Door) -> Passage:  # noqa: D102
        return _Vectors(self._request, self._providers[dialect], self._shape, identity, door)

    def prompt_text(self) -> tuple[str, int]:  # noqa: D102
        other = 0
        for one in self._request.inputs:
            for part in one.parts:
                if isinstance(part, Tokens):
                    other += bytes(part.numbers).count(b",") + 1
                elif not isinstance(part, Text):
                    other += _MEDIA_TOKENS
        return "\n".join(self._request.texts), other

    def images(self) -> int:  # noqa: D102
        return sum(isinstance(part, Image) for one in self._request.inputs for part in one.parts)


class RerankAsked(VectorAsked):
    """Documents to be ranked."""

    def __init__(
        self,
        request: RerankRequest,
        body: bytes,
        shape: Shape[RerankRequest, Reranking],
        providers: Mapping[str, Shape[RerankRequest, Reranking]],
    ) -> None:
        super().__init__(request.model, request.extra, None, body)
        self._request = request
        self._shape = shape
        self._providers = providers

    def write(self, dialect: str, target: Target) -> bytes:  # noqa: D102
        spoken = self._providers[dialect]
        if spoken is self._shape:
            return spoken.patch_request(self.body, target)
        return _written(spoken, self._shape, self._request, target)

    def passage(self, dialect: str, identity: Identity, door: Door) -> Passage:  # noqa: D102
        return _Ranking(self._request, self._providers[dialect], self._shape, identity, door)

    def prompt_text(self) -> tuple[str, int]:  # noqa: D102
        request = self._request
        # The query is read with each document, and billed so where tokens are. It is written out once only: a long one
        # for very many documents would fill the memory.
        again = (len(request.documents) - 1) * (len(request.query.encode(errors="replace")) // 4 + 1)
        return "\n".join([request.query, *request.texts[1:]]), _MEDIA_TOKENS * self.images() + again

    def images(self) -> int:  # noqa: D102
        return sum(document.image is not None for document in self._request.documents)

    @property
    def units(self) -> int:  # noqa: D102
        return -(-len(self._request.documents) // _UNIT)


def _written(spoken: Shape[_R, _A], shape: Shape[_R, _A], request: _R, target: Target) -> bytes:
    """The request anew; fields without a word in the vocabulary mean something in the caller's own shape only."""
    if spoken.write_request is not shape.write_request:
        request = msgspec.structs.replace(request, extra={})
    return spoken.write_request(request, target)


class _Numbers(ABC, Generic[_R, _A]):
    """An answer on its way, as billing and records see it: whole, without words, over as soon as it is there."""

    finish_reason: FinishReason | None = None
    native_finish_reason: str | None = None
    done = True
    produced_bytes = 0
    calls: Sequence[ToolCall] = ()

    def __init__(
        self, request: _R, spoken: Shape[_R, _A], shape: Shape[_R, _A], identity: Identity, door: Door
    ) -> None:
        self._request = request
        self._spoken = spoken
        self._shape = shape
        self._identity = identity
        self._door = door
        self._body = b""
        self._as_is = False
        self._answer: _A | None = None
        self.text: list[str] = []
        self.usage: Usage | None = None
        self.upstream_id: str | None = None

    @property
    def has_output(self) -> bool:
        return self._answer is not None

    def read_whole(self, body: bytes) -> None:
        answer = self._spoken.read_response(body)
        self._as_is = self._spoken is self._shape and self.holds_all(answer)
        self.fit(answer)
        self._body, self._answer, self.upstream_id = body, answer, answer.upstream_id
        self.usage = self.took(answer)

    @abstractmethod
    def holds_all(self, answer: _A) -> bool:
        """Whether a provider's answer is just what the caller asked for."""

    @abstractmethod
    def fit(self, answer: _A) -> None:
        """Makes it so. Raises `Malformed` when that is impossible."""

    @abstractmethod
    def took(self, answer: _A) -> Usage | None:
        """What the provider says that it took."""

    def whole(self, charged: Charged) -> bytes:
        assert self._answer is not None
        if self._as_is:
            return self._spoken.patch_response(self._body, self._identity, charged)
        return self._shape.write_response(self._answer, self._identity, charged)

    def feed(self, name: bytes, data: bytes) -> bytes:
        self.gather(name, data)
        return b""

    def gather(self, name: bytes, data: bytes) -> None:
        raise Malformed(f"a stream where numbers should be: {(name or data)[:100].decode(errors='replace')}")

    def whole_as_stream(self) -> bytes:
        return b""

    def end(self, charged: Charged) -> bytes:
        return self.whole(charged)

    def fail(self, error: Exception) -> bytes:
        return self._door.write_error(error)


class _Vectors(_Numbers[EmbeddingsRequest, Embeddings]):
    def holds_all(self, answer: Embeddings) -> bool:
        wanted = set(self._request.encoding_formats)
        single = self._spoken.single or not self._request.bare
        return single and all(wanted <= vector.values.keys() for vector in answer.vectors)

    def fit(self, answer: Embeddings) -> None:
        fit_embeddings(answer, self._request)

    def took(self, answer: Embeddings) -> Usage | None:
        return answer.usage


class _Ranking(_Numbers[RerankRequest, Reranking]):
    def holds_all(self, answer: Reranking) -> bool:
        top = self._request.top_n
        repeated = not self._shape.repeats or all(each.document is not None for each in answer.results)
        return repeated and (top is None or len(answer.results) <= top)

    def fit(self, answer: Reranking) -> None:
        fit_reranking(answer, self._request)

    def took(self, answer: Reranking) -> Usage | None:
        if answer.search_units is None:
            return answer.usage
        return msgspec.structs.replace(answer.usage or Usage(), search_units=answer.search_units)
