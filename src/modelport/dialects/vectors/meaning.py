"""What is asked when something is to be embedded or ranked, and what is answered, whatever the shape on the wire."""

from __future__ import annotations

from msgspec import Raw, Struct

from modelport.dialects.canonical import Image, Text, Usage

__all__ = [
    "GATEWAY_FIELDS",
    "Document",
    "Embeddings",
    "EmbeddingsRequest",
    "Input",
    "InputPart",
    "Malformed",
    "Opaque",
    "Ranked",
    "RerankRequest",
    "Reranking",
    "Tokens",
    "Vector",
]

GATEWAY_FIELDS = frozenset({
    "debug", "fallbacks", "models", "plugins", "preset", "provider", "route", "session_id", "trace", "transforms",
    "usage",
})  # fmt: skip
"""Request fields that are meant for the gateway, and that a provider must not see."""


class Malformed(Exception):
    """The provider's bytes are not an answer of the shape they should have."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Tokens(Struct):
    """Text as numbers of one model's tokenizer: a JSON list of integers."""

    numbers: Raw


class Opaque(Struct):
    """A part of a kind this vocabulary has no words for, such as sound: its shape's name for it, and its JSON."""

    kind: str
    raw: Raw


InputPart = Text | Image | Tokens | Opaque


class Input(Struct):
    """What becomes one vector: most often a single text."""

    parts: list[InputPart]
    title: str | None = None
    """What the document is called, where a shape can say that."""


class EmbeddingsRequest(Struct, kw_only=True):
    """What a caller wants embedded. None everywhere means: not said."""

    model: str
    inputs: list[Input]
    bare: bool = False
    """The one input stood outside a list, and its vector is expected so where the shape makes that difference."""
    dimensions: int | None = None
    encoding_formats: list[str] = []
    """How vectors are to be written: `float`, `base64` (32-bit floats), `int8`, `uint8`, `binary`, `ubinary`; several
    only where the shape can. Empty for the shape's default, which is `float` everywhere."""
    input_type: str | None = None
    """What the vectors are for, in the reference's words where there is one (`search_query`, `search_document`,
    `classification`, `clustering`), else as the caller wrote it."""
    user: str | None = None
    extra: dict[str, Raw] = {}
    """Fields this vocabulary has no words for, under their names in the caller's shape."""

    @property
    def texts(self) -> list[str]:
        """All words in it, for counting."""
        words = [part.text for one in self.inputs for part in one.parts if isinstance(part, Text)]
        return words + [one.title for one in self.inputs if one.title]


class Vector(Struct):
    """The answer to one input."""

    index: int
    values: dict[str, Raw]
    """JSON text by encoding: a list of numbers, or for `base64` a string."""


class Embeddings(Struct):
    """A whole answer: vectors in the order of the inputs."""

    vectors: list[Vector]
    usage: Usage | None = None
    upstream_id: str | None = None
    upstream_model: str | None = None
    bare: bool = False
    """See `EmbeddingsRequest.bare`."""
    texts: list[str] | None = None
    """What was embedded, for shapes that repeat it; None where it was not all words."""


class Document(Struct):
    """Something to be ranked: words, a picture by address or data URL, or both."""

    text: str | None = None
    image: str | None = None
    raw: Raw | None = None
    """The whole object, when it holds fields beside these."""
    bare: bool = False
    """It stood as a text, not as an object."""


class RerankRequest(Struct, kw_only=True):
    """What a caller wants ranked by how well it answers `query`. None everywhere means: not said."""

    model: str
    query: str
    documents: list[Document]
    top_n: int | None = None
    extra: dict[str, Raw] = {}
    """Fields this vocabulary has no words for, under their names in the caller's shape."""

    @property
    def texts(self) -> list[str]:
        """All words in it, for counting; the query is read with each document."""
        return [self.query, *(document.text for document in self.documents if document.text)]


class Ranked(Struct):
    """One document's place."""

    index: int
    """Among the documents of the request, from 0."""
    relevance_score: Raw
    """A number, best first; scales differ between models."""
    document: Document | None = None


class Reranking(Struct):
    """A whole answer."""

    results: list[Ranked]
    usage: Usage | None = None
    search_units: int | None = None
    """What providers that don't bill tokens bill: a query with up to 100 documents."""
    upstream_id: str | None = None
    upstream_model: str | None = None
