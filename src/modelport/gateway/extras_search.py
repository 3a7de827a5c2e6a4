"""Web search for a request that wants it (`:online`, the plugin `web`): a provider's own, else the operator's.

The provider's own goes first: an endpoint that has it is asked to search itself. Otherwise the search service that the
operator has set up (`MODELPORT_SEARCH_URL`, SearXNG's JSON) is asked once for the last thing the caller said, and what
it finds goes before that, with a word on how to cite it. Each search counts as one of the endpoint's `web_search`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec import Raw
from multidict import CIMultiDict
from yarl import URL

from modelport.dialects.canonical import Message, Role, Text
from modelport.errors import BadRequest, Unavailable
from modelport.gateway.asked import ChatAsked
from modelport.gateway.extras_messages import with_messages
from modelport.gateway.wish import field_of
from modelport.kit import clock
from modelport.upstream.client import Target, Timeouts
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.catalog.snapshot import Model
    from modelport.gateway.asked import Asked
    from modelport.gateway.door import Address, Door
    from modelport.gateway.extras import Extras
    from modelport.gateway.services import Services

__all__ = ["ENGINE", "Searched", "search", "searches_of"]

ENGINE: Final = "searxng"
_NATIVE: Final = "web_search_options"
_PROMPT: Final = (
    "A web search was conducted on {date}. Use its results in your answer, and cite them as markdown links named after "
    "the source's domain, such as [example.org](https://example.org/page)."
)
_TIMEOUTS: Final = Timeouts(5.0, 10.0, 10.0, 15.0)
_LIMIT: Final = 2 << 20
_LONGEST_QUERY: Final = 400
_LONGEST_RESULT: Final = 2_000


class _Web(msgspec.Struct):
    """The plugin's entry."""

    id: str = ""
    enabled: bool | None = None
    engine: str | None = None
    max_results: int = 5
    search_prompt: str | None = None
    include_domains: list[str] = msgspec.field(default_factory=list[str])
    exclude_domains: list[str] = msgspec.field(default_factory=list[str])


class _Result(msgspec.Struct):
    url: str = ""
    title: str = ""
    content: str | None = None


class _Results(msgspec.Struct):
    results: list[_Result] = msgspec.field(default_factory=list[_Result])


class _Part(msgspec.Struct):
    text: str = ""


class _Said(msgspec.Struct):
    role: str = ""
    content: str | list[_Part] | None = None


class Searched(NamedTuple):
    """The request as it is to be served, and what was found for it."""

    asked: Asked
    citations: list[Raw]
    searches: int
    """How often this server searched."""


async def search(asked: Asked, models: Sequence[Model], services: Services, door: Door, address: Address) -> Searched:
    """The request with what a search has found for it, where it wants one.

    Raises `BadRequest` that names what is missing, and `Unavailable` when the search service fails.
    """
    plugins = field_of(asked, "plugins", list[Raw]) or []
    web = next((each for each in map(_read, plugins) if each.id == "web" and each.enabled is not False), None)
    endpoints = [endpoint for model in models for endpoint in model.endpoints]
    if web is None or any("plugins" in each.provider.wire(each.dialect).keeps for each in endpoints):
        return Searched(asked, [], 0)  # another gateway does it itself
    fields = _without_web(asked, plugins)
    url = services.settings.search_url
    native = asked.chat is not None and any(_NATIVE in endpoint.supported_parameters for endpoint in endpoints)
    if native and web.engine in {None, "native"}:  # other doors have no word for it
        fields.setdefault(_NATIVE, Raw(b"{}"))
        return Searched(_with(asked, fields, door, address), [], 0)
    if not url:
        raise BadRequest(
            "`plugins`: nobody searches the web here: no provider of this model does, and this server's operator has "
            "set up no search service (MODELPORT_SEARCH_URL)."
        )
    place, query = _last_words(asked)
    if not query:
        return Searched(_with(asked, fields, door, address), [], 0)
    found = _chosen(await _asked_for(services, url, query), web)
    told = _told(found, web)
    if asked.chat is None:
        messages = [*asked.canonical.messages]
        messages.insert(place, Message(Role.SYSTEM, [Text(told)]))
        return Searched(_with(asked, fields, door, address, messages), [], 1)
    said = msgspec.json.decode(fields["messages"], type=list[Raw])
    said.insert(place, Raw(msgspec.json.encode({"role": "system", "content": told})))
    fields["messages"] = Raw(msgspec.json.encode(said))
    return Searched(_with(asked, fields, door, address), [_citation(each) for each in found], 1)


def searches_of(asked: Asked, extras: Extras | None) -> int:
    """How many searches a request must be able to pay for: those done, or the one that it asks a provider for."""
    if extras is not None and extras.searches:
        return extras.searches
    return int(asked.chat is not None and _NATIVE in asked.chat.fields)


def _without_web(asked: Asked, plugins: Sequence[Raw]) -> dict[str, Raw]:
    """The request's fields (of other doors than chat's: those they have no word for), the plugin taken out."""
    fields = {**(asked.canonical.extra if asked.chat is None else asked.chat.fields)}
    others = [each for each in plugins if _read(each).id != "web"]
    del fields["plugins"]
    return {**fields, "plugins": Raw(msgspec.json.encode(others))} if others else fields


def _with(
    asked: Asked, fields: dict[str, Raw], door: Door, address: Address, messages: list[Message] | None = None
) -> Asked:
    """The request with other fields, and other messages where it is not of the chat door."""
    if asked.chat is not None:
        return ChatAsked(msgspec.json.encode(fields))
    asked.canonical.extra = fields
    return with_messages(asked, asked.canonical.messages if messages is None else messages, door, address)


def _last_words(asked: Asked) -> tuple[int, str]:
    """Where the caller spoke last, and what they said; no words where they never did."""
    if asked.chat is None:
        spoken = [
            " ".join(part.text for part in each.parts if isinstance(part, Text)).strip()
            if each.role is Role.USER
            else None
            for each in asked.canonical.messages
        ]
    else:
        spoken = [_text(each) for each in msgspec.json.decode(asked.chat.fields["messages"], type=list[Raw])]
    return next(((index, text) for index, text in reversed([*enumerate(spoken)]) if text is not None), (0, ""))


async def _asked_for(services: Services, url: str, query: str) -> list[_Result]:
    """What the search service finds."""
    address = URL(url).update_query(q=query[:_LONGEST_QUERY], format="json")
    target = Target("search", address, CIMultiDict({"accept": "application/json"}), _TIMEOUTS)
    try:
        reply = await services.upstream.get(target)
        try:
            body = await reply.read(_LIMIT)
        finally:
            reply.close()
    except UpstreamFault:
        raise Unavailable("The web search service can't be reached; try again, or without web search.") from None
    try:
        found = msgspec.json.decode(body, type=_Results) if reply.status == 200 else None
    except msgspec.DecodeError:
        found = None
    if found is None:
        raise Unavailable("The web search service gives no answer; try again, or without web search.")
    return found.results


def _read(raw: Raw) -> _Web:
    try:
        return msgspec.json.decode(raw, type=_Web)
    except msgspec.DecodeError as error:
        if b'"web"' in bytes(raw):
            raise BadRequest(f"Invalid request: `plugins`: {error}") from error
        return _Web()  # another one's, with words of its own


def _chosen(results: Sequence[_Result], web: _Web) -> list[_Result]:
    """The first results of the domains that are wanted."""
    most = min(max(web.max_results, 1), 25)
    return [each for each in results if each.url.startswith(("https://", "http://")) and _wanted(each.url, web)][:most]


def _wanted(url: str, web: _Web) -> bool:
    try:
        address = URL(url)
    except ValueError:
        return False
    place = f"{address.host or ''}{address.path}"
    if any(_matches(place, each) for each in web.exclude_domains):
        return False
    return not web.include_domains or any(_matches(place, each) for each in web.include_domains)


def _matches(place: str, pattern: str) -> bool:
    """Whether an address is of a domain (or one under it), or under a path of it; `*` stands for anything."""
    host, slash, path = pattern.lower().partition("/")
    own_host, _, own_path = place.lower().partition("/")
    if not (fnmatchcase(own_host, host) or fnmatchcase(own_host, f"*.{host}")):
        return False
    return not slash or fnmatchcase(own_path, f"{path}*")


def _told(results: Sequence[_Result], web: _Web) -> str:
    date = clock.now().date().isoformat()
    prompt = web.search_prompt or _PROMPT.replace("{date}", date)
    if not results:
        return f"{prompt}\n\nNothing was found."
    listed = (f"[{each.title or each.url}]({each.url})\n{(each.content or '')[:_LONGEST_RESULT]}" for each in results)
    return prompt + "\n\n" + "\n\n".join(listed)


def _citation(result: _Result) -> Raw:
    told = {"url": result.url, "title": result.title, "content": (result.content or "")[:_LONGEST_RESULT]}
    cited: dict[str, object] = {"type": "url_citation", "url_citation": {**told, "start_index": 0, "end_index": 0}}
    return Raw(msgspec.json.encode(cited))


def _text(raw: Raw) -> str | None:
    """The words of a caller's own message; None for any other."""
    said = msgspec.json.decode(raw, type=_Said)
    if said.role != "user":
        return None
    content = said.content
    return " ".join(part.text for part in content).strip() if isinstance(content, list) else (content or "").strip()
