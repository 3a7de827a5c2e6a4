"""An answer made what its caller asked for: vectors in the encoding they want, documents beside their scores.

The shapes read and write; what a provider's shape can't say and a caller's expects is filled in here, from the
request. Numbers are converted only where the wanted encoding is not there.
"""

from __future__ import annotations

import base64
import binascii
import struct

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Text
from modelport.dialects.vectors.meaning import Embeddings, EmbeddingsRequest, Malformed, Reranking, RerankRequest

__all__ = ["fit_embeddings", "fit_reranking", "to_base64", "to_floats"]

_FLOATS = msgspec.json.Decoder(list[float])
_STRING = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()


def fit_embeddings(answer: Embeddings, request: EmbeddingsRequest) -> Embeddings:
    """`answer`, changed in place. Raises `Malformed` when it has not one vector for each input."""
    if sorted(vector.index for vector in answer.vectors) != list(range(len(request.inputs))):
        raise Malformed(f"the answer holds {len(answer.vectors)} vectors for {len(request.inputs)} inputs")
    answer.vectors.sort(key=lambda vector: vector.index)
    for vector in answer.vectors:
        vector.values = _encoded(vector.values, request)
    answer.bare = request.bare
    words = [one.parts[0] for one in request.inputs if len(one.parts) == 1]
    texts = [part.text for part in words if isinstance(part, Text)]
    answer.texts = texts if len(texts) == len(request.inputs) else None
    return answer


def fit_reranking(answer: Reranking, request: RerankRequest) -> Reranking:
    """`answer`, changed in place. Raises `Malformed` when it speaks of documents that were not asked about."""
    for result in answer.results:
        if not 0 <= result.index < len(request.documents):
            raise Malformed(f"the answer ranks document {result.index} of {len(request.documents)}")
        result.document = request.documents[result.index]
    if request.top_n is not None:
        del answer.results[request.top_n :]
    return answer


def _encoded(values: dict[str, Raw], request: EmbeddingsRequest) -> dict[str, Raw]:
    """The wanted encodings; what can't be had is left out, and everything is kept when nothing else remains."""
    out: dict[str, Raw] = {}
    for name in request.encoding_formats:
        if name in values:
            out[name] = values[name]
        elif name == "base64" and "float" in values:
            out[name] = to_base64(values["float"])
        elif name == "float" and "base64" in values:
            out[name] = to_floats(values["base64"], request.dimensions)
    return out or values


def to_base64(floats: Raw) -> Raw:
    """32-bit little-endian floats as a JSON string. Raises `Malformed`."""
    try:
        numbers = _FLOATS.decode(floats)
        packed = struct.pack(f"<{len(numbers)}f", *numbers)
    except (msgspec.DecodeError, OverflowError) as error:
        raise Malformed("a vector is no list of 32-bit numbers") from error
    return Raw(b'"' + base64.b64encode(packed) + b'"')


def to_floats(packed: Raw, dimensions: int | None = None) -> Raw:
    """A JSON list of the 32-bit floats in a JSON string, exactly.

    Where one byte was sent for each of `dimensions`, as one provider does unasked (recorded, August 2026), they are
    signed bytes. Raises `Malformed`.
    """
    try:
        data = base64.b64decode(_STRING.decode(packed), validate=True)
        layout = f"{len(data)}b" if len(data) == dimensions else f"<{len(data) // 4}f"
        numbers = struct.unpack(layout, data)
    except (msgspec.DecodeError, binascii.Error, struct.error) as error:
        raise Malformed("a vector is no base64 of 32-bit floats") from error
    return Raw(_ENCODER.encode(numbers))
