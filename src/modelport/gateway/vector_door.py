"""Doors of embeddings and rankings: numbers for an answer, in the shapes of `dialects/vectors`.

They go the way of every request (admit, plan, hold, attempt, settle); only there is nothing to stream. Which shape a
provider is asked in follows from the dialect it speaks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelport.dialects.vectors import cohere, cohere_rerank, gemini, openai, rerank
from modelport.errors import UpstreamFailed
from modelport.gateway.door import Door
from modelport.gateway.vector_passage import EmbeddingsAsked, RerankAsked, Shape, VectorAsked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelport.dialects.canonical import Identity, Target
    from modelport.dialects.vectors.meaning import Embeddings, EmbeddingsRequest, Reranking, RerankRequest
    from modelport.gateway.asked import Asked
    from modelport.gateway.door import Address
    from modelport.gateway.passage import Passage

__all__ = ["EMBEDDINGS", "EMBED_CONTENT", "EMBED_V1", "EMBED_V2", "RERANK", "RERANK_V2", "VectorDoor"]

_OPENAI = Shape(
    openai.path, openai.write_request, openai.patch_request,
    openai.read_response, openai.write_response, openai.patch_response,
)  # fmt: skip
_COHERE = Shape(
    cohere.path, cohere.write_request, cohere.patch_request,
    cohere.read_response, cohere.write_response, cohere.patch_response,
)  # fmt: skip
_COHERE_V1 = _COHERE._replace(write_response=cohere.write_floats)
_GEMINI = Shape(
    gemini.path, gemini.write_request, gemini.patch_request,
    gemini.read_response, gemini.write_response, gemini.patch_response, single=False,
)  # fmt: skip
_RERANK = Shape(
    rerank.path, rerank.write_request, rerank.patch_request,
    rerank.read_response, rerank.write_response, rerank.patch_response, repeats=True,
)  # fmt: skip
_COHERE_RERANK = Shape(
    cohere_rerank.path, cohere_rerank.write_request, cohere_rerank.patch_request,
    cohere_rerank.read_response, cohere_rerank.write_response, cohere_rerank.patch_response,
)  # fmt: skip

_EMBEDDERS: dict[str, Shape[EmbeddingsRequest, Embeddings]] = {
    "openai_chat": _OPENAI,
    "openai_completions": _OPENAI,
    "openai_responses": _OPENAI,
    "cohere_chat": _COHERE,
    "gemini": _GEMINI,
}
"""How providers of each dialect embed."""
_RANKERS: dict[str, Shape[RerankRequest, Reranking]] = {
    "openai_chat": _RERANK,
    "openai_completions": _RERANK,
    "openai_responses": _RERANK,
    "cohere_chat": _COHERE_RERANK,
}
"""And how they rank."""


@dataclass(frozen=True, slots=True)
class VectorDoor(Door):
    """A shape of requests for numbers as it is spoken with callers; errors are those of `dialect`."""

    reads: Callable[[bytes, Address], VectorAsked] | None = None
    asks: Mapping[str, Callable[[str], str]] = field(default_factory=dict[str, "Callable[[str], str]"])
    """Where providers are asked, by their dialect and from the model's name."""

    def read(self, body: bytes, address: Address) -> Asked:
        """A caller's request. Raises `BadRequest`."""
        assert self.reads is not None
        return self.reads(body, address)

    def path(self, dialect: str, model: str, *, stream: bool) -> str:
        """Where a provider that speaks `dialect` is asked. Raises `UpstreamFailed` where it can't be."""
        del stream
        if (path := self.asks.get(dialect)) is None:
            raise UpstreamFailed(f"The provider's interface has no {self.operation}.", metadata={})
        return path(model)

    def body(self, asked: Asked, dialect: str, target: Target) -> bytes:
        """The body for a provider that speaks `dialect`. Raises `BadRequest` for what can't be said to it."""
        assert isinstance(asked, VectorAsked)
        self.path(dialect, target.model, stream=False)
        return asked.write(dialect, target)

    def passage(
        self, asked: Asked, dialect: str, target: Target, identity: Identity, *, without_reasoning: bool
    ) -> Passage:
        """How the answer of a provider that speaks `dialect` travels to the caller."""
        del target, without_reasoning
        assert isinstance(asked, VectorAsked)
        return asked.passage(dialect, identity, self)


def _embeds(
    dialect: str,
    shape: Shape[EmbeddingsRequest, Embeddings],
    read: Callable[[bytes, Address], EmbeddingsRequest],
) -> VectorDoor:
    def reads(body: bytes, address: Address) -> VectorAsked:
        return EmbeddingsAsked(read(body, address), body, shape, _EMBEDDERS)

    return VectorDoor(dialect, "embeddings", reads=reads, asks={name: each.path for name, each in _EMBEDDERS.items()})


def _ranks(dialect: str, shape: Shape[RerankRequest, Reranking]) -> VectorDoor:
    def reads(body: bytes, address: Address) -> VectorAsked:
        del address
        return RerankAsked(rerank.read_request(body), body, shape, _RANKERS)

    return VectorDoor(dialect, "rerank", reads=reads, asks={name: each.path for name, each in _RANKERS.items()})


EMBEDDINGS = _embeds("openai_chat", _OPENAI, lambda body, _: openai.read_request(body))
EMBED_V2 = _embeds("cohere_chat", _COHERE, lambda body, _: cohere.read_request(body))
EMBED_V1 = _embeds("cohere_chat", _COHERE_V1, lambda body, _: cohere.read_request(body))
"""For the older client, which gets bare floats unless it asks for encodings by name."""
EMBED_CONTENT = _embeds("gemini", _GEMINI, lambda body, address: gemini.read_request(body, model=address.model))
RERANK = _ranks("openai_chat", _RERANK)
RERANK_V2 = _ranks("cohere_chat", _COHERE_RERANK)
