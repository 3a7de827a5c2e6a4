"""Undoes gzip and deflate in bounded pieces, so that a small body can't become a large one unnoticed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol

from modelport.upstream.errors import FaultKind, UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Inflater", "inflater_for"]

_PIECE: Final = 128 * 1024
"""Bytes of one piece at most: what stands in memory beyond the reader's own bound."""

_GZIP_OR_ZLIB: Final = 47
_RAW: Final = -15
_GZIP_MAGIC: Final = 0x1F


def inflater_for(name: str, content_encoding: str) -> Inflater | None:
    """What undoes `content_encoding` of a reply by `name`; None where nothing is to be undone.

    Raises `UpstreamFault(MALFORMED)` for encodings we never ask for (brotli, several at once).
    """
    encoding = content_encoding.strip().lower()
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return Inflater(name)
    raise UpstreamFault(
        FaultKind.MALFORMED,
        f"{name} sent an answer in an encoding we did not ask for.",
        detail=f"content-encoding: {encoding!r}",
        sent=True,
    )


class _Decompressor(Protocol):
    """What `zlib.decompressobj` returns: the class itself has no public name."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Inflater:
    """One body's decompressor: gzip of any number of members, zlib, or raw deflate."""

    __slots__ = ("_name", "_zlib")

    def __init__(self, name: str) -> None:
        self._name = name
        self._zlib: _Decompressor | None = None

    @property
    def complete(self) -> bool:
        """Whether the body may end here; a body of no bytes at all may."""
        return self._zlib is None or self._zlib.eof

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What `data` unfolds to, piece by piece; each is made only when asked for."""
        undo = self._zlib
        while data:
            if undo is None:
                # Some servers send deflate without the zlib header, whose low half byte is always 8.
                headed = data[0] & 0x0F == 8 or data[0] == _GZIP_MAGIC
                undo = zlib.decompressobj(_GZIP_OR_ZLIB if headed else _RAW)
            elif undo.eof:
                if data[0] != _GZIP_MAGIC:
                    return  # Padding after the end, which everyone lets pass.
                undo = zlib.decompressobj(_GZIP_OR_ZLIB)
            self._zlib = undo
            full = True
            while full and not undo.eof:
                # A full piece may leave output inside zlib even when it has taken all the input.
                piece = self._step(undo, data)
                full = len(piece) == _PIECE
                data = undo.unconsumed_tail
                if piece:
                    yield piece
            data = undo.unused_data

    def _step(self, undo: _Decompressor, data: bytes) -> bytes:
        try:
            return undo.decompress(data, _PIECE)
        except zlib.error as error:
            detail = f"zlib: {error}"
            raise UpstreamFault.of(self._name, FaultKind.MALFORMED, detail=detail, sent=True) from None
