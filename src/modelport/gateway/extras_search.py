"""Web search for a request that wants it (`:online`, the plugin `web`): a provider's own, else the operator's.

The provider's own goes first: an endpoint that has it is asked to search itself. Otherwise the search service that the
operator has set up (`MODELPORT_SEARCH_URL`, SearXNG's JSON) is asked once for the last thing the caller said, and what
it finds goes before that, with a word on how to cite it. Each search counts as one of the endpoint's `web_search`.

`wanted` asks nobody, and comes before the money is held; `search` asks, and comes after.
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
from modelport.gateway.extras_messages import with_chat_messages, with_messages
from modelport.gateway.wish import field_of
from modelport.kit import clock
from modelport.upstream.client import Target, Timeouts
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.catalog.snapshot import Model
    from modelport.gateway.asked import Asked
    from modelport.gateway.door import Address, Door
    from modelport.gateway.services import Services

__all__ = ["ENGINE", "Search", "asked_of_providers", "search", "wanted"]

ENGINE: Final = "searxng"
_NATIVE: Final = "web_search_options"
_SEARCHES: Final = "web_search"
_TOOL: Final = b"web_search"
_MOST_SEARCHES: Final = 20
"""Searches by one tool that are set aside for, whatever it may make."""
_PROMPT: Final = (
    "A web search was conducted on {date}. Use its results in your answer, and cite them as markdown links named after "
    "the source's domain, such as [example.org](https://example.org/page)."
)
_TIMEOUTS: Final = Timeouts(5.0, 10.0, 10.0, 15.0)
_LIMIT: Final = 2 << 20
_LONGEST_QUERY: Final = 400
_LONGEST_RESULT: Final = 2_000
_LONGEST_TITLE: Final = 300
_LONGEST_ADDRESS: Final = 2_000
_USUAL_RESULT: Final = 600
"""Tokens that a long result takes in most languages."""


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


class Search(NamedTuple):
    """A search that is to be made for a request."""

    web: _Web
    url: str
    query: str

    @property
    def growth(self) -> int:
        """About how many tokens longer the prompt is with what is found."""
        return _most(self.web) * _USUAL_RESULT + len(self.web.search_prompt or _PROMPT)


def wanted(
    asked: Asked, models: Sequence[Model], services: Services, door: Door, address: Address
) -> tuple[Asked, Search | None]:
    """The request without the plugin, asking a provider to search where one can, else the search that is to be made.

    Raises `BadRequest` that names what is missing.
    """
    plugins = field_of(asked, "plugins", list[Raw]) or []
    web = next((each for each in map(_read, plugins) if each.id == "web" and each.enabled is not False), None)
    endpoints = [endpoint for model in models for endpoint in model.endpoints]
    if web is None or any("plugins" in each.provider.wire(each.dialect).keeps for each in endpoints):
        return asked, None  # another gateway does it itself
    fields = _without_web(asked, plugins)
    url = services.settings.search_url
    native = asked.chat is not None and any(_NATIVE in endpoint.supported_parameters for endpoint in endpoints)
    if native and web.engine in {None, "native"}:  # other doors have no word for it
        fields.setdefault(_NATIVE, Raw(b"{}"))
        return _with(asked, fields, door, address), None
    if not url:
        raise BadRequest(
            "`plugins`: nobody searches the web here: no provider of this model does, and this server's operator has "
            "set up no search service (MODELPORT_SEARCH_URL)."
        )
    # What is searched for is what the caller wrote, and never what a file of theirs says.
    _, query = _last_words(asked)
    return _with(asked, fields, door, address), Search(web, url, query) if query else None


async def search(
    asked: Asked, todo: Search, services: Services, door: Door, address: Address
) -> tuple[Asked, list[Raw]]:
    """The request with what a search has found for it, and that as citations.

    Raises `Unavailable` when the search service fails.
    """
    found = _chosen(await _asked_for(services, todo.url, todo.query), todo.web)
    told, (place, _) = _told(found, todo.web), _last_words(asked)
    if asked.chat is None:
        messages = [*asked.canonical.messages]
        messages.insert(place, Message(Role.SYSTEM, [Text(told)]))
        return with_messages(asked, messages, door, address), []
    said = msgspec.json.decode(asked.chat.fields["messages"], type=list[Raw])
    said.insert(place, Raw(msgspec.json.encode({"role": "system", "content": told})))
    citations = [_citation(each) for each in found]
    return with_chat_messages(asked, said), citations


class _Tool(msgspec.Struct):
    """A provider's own tool, as far as it says how often it may be used."""

    type: str = ""
    max_uses: int | None = None


def asked_of_providers(asked: Asked) -> int:
    """How many searches a provider is asked for, as far as that is known before it answers: one for the option, and for
    each of its own search tools as many as it may make; one where that is not said.
    """
    if asked.chat is None:
        return sum(_searches(tool.raw) for tool in asked.canonical.tools if tool.raw is not None)
    fields = asked.chat.fields
    tools = (field_of(asked, "tools", list[Raw]) or []) if _TOOL in bytes(fields.get("tools", b"")) else []
    return int(_NATIVE in fields) + sum(map(_searches, tools))


def _searches(raw: Raw) -> int:
    try:
        tool = msgspec.json.decode(raw, type=_Tool)
    except msgspec.DecodeError:
        return 0
    return min(max(tool.max_uses or 1, 1), _MOST_SEARCHES) if _SEARCHES in tool.type else 0


def _without_web(asked: Asked, plugins: Sequence[Raw]) -> dict[str, Raw]:
    """The request's fields (of other doors than chat's: those they have no word for), the plugin taken out."""
    fields = {**(asked.canonical.extra if asked.chat is None else asked.chat.fields)}
    others = [each for each in plugins if _read(each).id != "web"]
    del fields["plugins"]
    return {**fields, "plugins": Raw(msgspec.json.encode(others))} if others else fields


def _with(asked: Asked, fields: dict[str, Raw], door: Door, address: Address) -> Asked:
    """The request with other fields."""
    if asked.chat is not None:
        return ChatAsked(msgspec.json.encode(fields))
    asked.canonical.extra = fields
    return with_messages(asked, asked.canonical.messages, door, address)


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
    return [each for each in results if _is_address(each.url) and _fits(each.url, web)][: _most(web)]


def _most(web: _Web) -> int:
    return min(max(web.max_results, 1), 25)


def _is_address(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= _LONGEST_ADDRESS


def _fits(url: str, web: _Web) -> bool:
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
    listed = (f"[{_title(each) or each.url}]({each.url})\n{_excerpt(each)}" for each in results)
    return prompt + "\n\n" + "\n\n".join(listed)


def _citation(result: _Result) -> Raw:
    told = {"url": result.url, "title": _title(result), "content": _excerpt(result)}
    cited: dict[str, object] = {"type": "url_citation", "url_citation": {**told, "start_index": 0, "end_index": 0}}
    return Raw(msgspec.json.encode(cited))


def _title(result: _Result) -> str:
    return result.title[:_LONGEST_TITLE]


def _excerpt(result: _Result) -> str:
    return (result.content or "")[:_LONGEST_RESULT]


def _text(raw: Raw) -> str | None:
    """The words of a caller's own message; None for any other."""
    said = msgspec.json.decode(raw, type=_Said)
    if said.role != "user":
        return None
    content = said.content
    return " ".join(part.text for part in content).strip() if isinstance(content, list) else (content or "").strip()
