"""A provider's `usage`, read into the house's meaning: whole answers and streams have the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from modelport.dialects.canonical import Usage
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from msgspec import Raw

__all__ = ["UpstreamUsage", "read_usage", "to_usage"]


class CacheDetail(Struct):
    """Tokens written to the cache, by how long they stay."""

    ttl: str = ""
    inputTokens: int = 0  # noqa: N815  as on the wire, like all names here


class UpstreamUsage(Struct):
    """`usage` as providers report it."""

    inputTokens: int | None = None  # noqa: N815
    outputTokens: int | None = None  # noqa: N815
    cacheReadInputTokens: int | None = None  # noqa: N815
    cacheWriteInputTokens: int | None = None  # noqa: N815
    cacheDetails: list[CacheDetail] | None = None  # noqa: N815


_USAGE = Forgiving(UpstreamUsage | None)


def read_usage(raw: Raw | bytes) -> Usage | None:
    """A provider's `usage` in the house's meaning; None where it is null or no usage at all."""
    try:
        return to_usage(_USAGE.decode(raw))
    except FAULTS:
        return None


def to_usage(told: UpstreamUsage | None) -> Usage | None:
    """`usage` in the house's meaning: here `inputTokens` leaves out what the cache gave and took.

    Recorded: `totalTokens` is the sum of all four in each of 241 answers.
    """
    if told is None or (told.inputTokens is None and told.outputTokens is None):
        return None
    plain, read = max(told.inputTokens or 0, 0), max(told.cacheReadInputTokens or 0, 0)
    details = told.cacheDetails or ()
    lasting = sum(max(each.inputTokens, 0) for each in details if each.ttl == "1h")
    written = max(told.cacheWriteInputTokens or 0, sum(max(each.inputTokens, 0) for each in details))
    return Usage(
        prompt_tokens=plain + read + written,
        completion_tokens=max(told.outputTokens or 0, 0),
        cached_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=lasting,
    )
