"""Pictures and files that a request points to, brought here for providers that take data only.

Part of step 4, before a request is written.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from modelport.dialects.canonical import File, Image, ToolResult
from modelport.errors import BadRequest
from modelport.upstream.fetching import NotFetched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelport.dialects.canonical import Part, Request
    from modelport.upstream.fetching import Fetcher

__all__ = ["bring", "takes_data_only"]

_DATA_ONLY: Final = frozenset({"bedrock_converse"})
"""Dialects whose providers fetch nothing from the web."""
_MOST: Final = 20
"""Files that one request may point to."""
_SECONDS: Final = 15.0
_WEB: Final = ("https://", "http://")


def takes_data_only(dialect: str) -> bool:
    """Whether its providers must be sent the data of what a request points to."""
    return dialect in _DATA_ONLY


async def bring(request: Request, fetcher: Fetcher, limit: int) -> None:
    """Puts data in the place of web addresses, in the request itself: every later endpoint takes data as well.

    Raises `BadRequest` that names the place.
    """
    found = list(_pointing(request))
    if len(found) > _MOST:
        raise BadRequest(f"`messages`: {len(found)} addresses of pictures and files are too many; {_MOST} at most.")
    left = limit
    for place, part in found:
        assert part.url is not None
        try:
            fetched = await fetcher.fetch(part.url, limit=left, seconds=_SECONDS)
        except NotFetched as error:
            raise BadRequest(f"`{place}`: {part.url[:200]!r} can't be fetched: {error}.") from None
        if isinstance(part, Image) and not fetched.media_type.startswith("image/"):
            raise BadRequest(f"`{place}`: {part.url[:200]!r} is no picture but {fetched.media_type or 'nameless'!r}.")
        left -= len(fetched.data)
        part.url, part.data = None, b64encode(fetched.data).decode()
        part.media_type = fetched.media_type or part.media_type


def _pointing(request: Request) -> Iterator[tuple[str, Image | File]]:
    for index, message in enumerate(request.messages):
        yield from _of(message.parts, f"messages.{index}")


def _of(parts: list[Part], place: str) -> Iterator[tuple[str, Image | File]]:
    for part in parts:
        if isinstance(part, ToolResult):
            yield from _of(part.parts, place)
        elif isinstance(part, Image | File) and part.url is not None and part.url.startswith(_WEB):
            yield place, part
