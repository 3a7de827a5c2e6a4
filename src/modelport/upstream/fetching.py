"""Fetches what a caller's request points to, from the public internet only.

The address that a name resolves to is judged where the socket would be opened for it, so no second look at the name
can lead elsewhere, and none is opened for a private, local or metadata address. A redirect is a new address, judged as
the first was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from multidict import CIMultiDict
from yarl import URL

from modelport.upstream.client import Target, Timeouts
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from modelport.upstream.client import UpstreamClient

__all__ = ["Fetched", "Fetcher", "NotFetched"]

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3
_PORTS: Final = frozenset({80, 443})


class NotFetched(Exception):
    """It can't be had; says why in words for the caller, and nothing of our network."""


class Fetched(NamedTuple):
    """A whole file."""

    data: bytes
    media_type: str


class Fetcher:
    """Fetches files through a client that judges addresses (`guard.is_public`).

    `private` allows every port as well, for tests on one machine.
    """

    def __init__(self, client: UpstreamClient, *, private: bool = False) -> None:
        self._client = client
        self._private = private

    async def fetch(self, url: str, *, limit: int, seconds: float) -> Fetched:
        """The file at `url`, of at most `limit` bytes. Raises `NotFetched`."""
        address = self._judged(url)
        for _ in range(_MOST_REDIRECTS + 1):
            timeouts = Timeouts(min(5.0, seconds), seconds, seconds, seconds)
            try:
                reply = await self._client.get(Target("The address", address, CIMultiDict[str](), timeouts))
            except UpstreamFault:
                raise NotFetched("it can't be reached") from None
            try:
                if reply.status in _REDIRECTS and (location := reply.headers.get("location")):
                    address = self._judged(str(address.join(URL(location))))
                    continue
                if reply.status != 200:
                    raise NotFetched(f"it answers with status {reply.status}")
                return Fetched(await reply.read(limit), reply.content_type)
            except UpstreamFault:
                raise NotFetched(f"it does not come whole, in time and within {limit} bytes") from None
            except ValueError:
                raise NotFetched("it leads to an address that is none") from None
            finally:
                reply.close()
        raise NotFetched("it is redirected too often")

    def _judged(self, url: str) -> URL:
        try:
            address = URL(url)
            port = address.port
        except ValueError:
            raise NotFetched("it is no address") from None
        if address.scheme not in {"http", "https"} or not address.host or address.user is not None:
            raise NotFetched("it is no plain `https://` address")
        if port not in _PORTS and not self._private:
            raise NotFetched("it has a port of its own")
        return address
