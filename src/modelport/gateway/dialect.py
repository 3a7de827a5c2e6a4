"""A dialect as the chat path sees it: what every folder of `dialects/` can do, under one set of names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.dialects.canonical import Charged, Event, Identity, Output, Request, Target

__all__ = ["Dialect", "SameDialect", "StreamPatcher", "StreamReader", "StreamWriter"]


class StreamReader(Protocol):
    """A dialect's reader of a provider's stream."""

    @property
    def done(self) -> bool:
        """Whether the provider said that it is through."""
        ...

    def feed(self, event: bytes, data: bytes) -> list[Event]:
        """The canonical events that one of the provider's events becomes."""
        ...


class StreamWriter(Protocol):
    """A dialect's writer of a stream for a caller."""

    def feed(self, events: list[Event]) -> bytes:
        """The bytes that canonical events become."""
        ...

    def end(self, charged: Charged) -> bytes:
        """The last bytes of a stream that ended well."""
        ...

    def fail(self, error: Exception) -> bytes:
        """The last bytes of one that failed."""
        ...


class StreamPatcher(Protocol):
    """A dialect's own stream on its way to a caller of the same dialect."""

    def feed(self, event: bytes, data: bytes) -> bytes:
        """One of the provider's events, patched; nothing for one that waits for the end."""
        ...

    def end(self, charged: Charged) -> bytes:
        """The last bytes of a stream that ended well."""
        ...

    def fail(self, error: Exception) -> bytes:
        """The last bytes of one that failed."""
        ...


@dataclass(frozen=True, slots=True)
class SameDialect:
    """How a dialect goes through when caller and provider both speak it."""

    patch_request: Callable[[bytes, Target], bytes]
    patcher: Callable[[Identity, bool], StreamPatcher]
    """The second argument says that reasoning is to be left out."""
    patch_response: Callable[[bytes, Identity, Charged, bool], bytes]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A wire format, as it is spoken with providers and with callers."""

    path: Callable[[str, bool], str]
    headers: Callable[[str], dict[str, str]]
    write_request: Callable[[Request, Target], bytes]
    reader: Callable[[Target], StreamReader]
    read_response: Callable[[bytes, Target], list[Event]]
    read_error: Callable[[int, bytes], str]
    read_request: Callable[[bytes, str, bool], Request]
    """The body; the model and whether a stream is wanted, in dialects whose address says so."""
    writer: Callable[[Identity, Request], StreamWriter]
    write_response: Callable[[Output, Identity, Charged, Request], bytes]
    write_error: Callable[[Exception], bytes]
    comment: bytes
    """What keeps a waiting caller company; empty where nothing can."""
    same: SameDialect | None = None
    """None for chat completions, whose way through is a passage of its own."""
