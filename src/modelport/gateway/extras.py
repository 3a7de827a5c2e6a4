"""What the reference does around a request, whatever the door: plugins, their older names, the echo of a body sent.

Part of reading a request and of writing its answer. A request that asks for none of it is told by the names of its
fields, and costs nothing more. What costs the operator something, reading files and searching the web, is an errand: it
is run when the money for the request is held, and not before.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from msgspec import Raw

from modelport.errors import BadRequest, ModelportError, Unavailable
from modelport.gateway import extras_context, extras_files, extras_messages, extras_search
from modelport.gateway.extras_answer import Echo, annotated, mended, opening

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.catalog.snapshot import Model, Snapshot
    from modelport.dialects.canonical import Identity
    from modelport.gateway.asked import Asked
    from modelport.gateway.bill import Bill
    from modelport.gateway.door import Address, Door
    from modelport.gateway.extras_search import Search
    from modelport.gateway.services import Services

__all__ = ["Errand", "Extras", "Plugins"]

T = TypeVar("T")

_ASKED_BY: Final = frozenset({"plugins", "transforms", "debug"})
_FILE: Final = b'"file"'
_SHORT: Final = 8_192
"""Models with a context up to this have long prompts compressed unless that is switched off."""


class _Pdf(msgspec.Struct):
    engine: str | None = None


class _Plugin(msgspec.Struct):
    """One entry of `plugins`."""

    id: str
    enabled: bool | None = None
    pdf: _Pdf | None = None


class _Debug(msgspec.Struct):
    echo_upstream_body: bool | None = None


@dataclass(slots=True)
class Extras:
    """What is to be done to one request's answer."""

    dialect: str
    """The caller's."""
    heals: bool = False
    """Whether JSON in it is to be mended."""
    annotations: list[Raw] = field(default_factory=list[Raw])
    """What was read from the request's files, for callers of chat completions: others have no field for it."""
    echo: Echo | None = None
    citations: list[Raw] = field(default_factory=list[Raw])
    """What a web search has found."""
    searches: int = 0
    """How often this server searched the web."""

    def opening(self, identity: Identity) -> bytes:
        """The events that go before a streamed answer's first."""
        return opening(identity, [*self.annotations, *self.citations], self.echo)

    def tell(self, error: Exception) -> None:
        """Adds what was read to an error, so that the caller need not have it read again."""
        if self.annotations and isinstance(error, ModelportError):
            error.metadata["file_annotations"] = self.annotations

    def whole(self, body: bytes) -> bytes:
        """A whole answer with what belongs in it."""
        if self.heals:
            body = mended(body, self.dialect)
        found = [*self.annotations, *self.citations]
        return annotated(body, found) if found else body


@dataclass(slots=True)
class Errand:
    """What is to be done for a request once its money is held."""

    extras: Extras
    """Told of what was done."""
    models: list[Model]
    """Those that are named."""
    reads: bool
    """Whether its files are to be read."""
    compresses: bool
    """Whether its prompt is to be cut then, if it is too long."""
    search: Search | None


class Plugins:
    """Reads what a request asks for beside an answer, and does the part that comes before the answer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._readers = asyncio.Semaphore(2)
        """Bounds the processes that read files at once."""

    async def of(self, asked: Asked, door: Door, address: Address) -> tuple[Asked, Extras | None, Errand | None]:
        """The request as it is to be served, what is to be done to its answer, and what is to be done for it before;
        None where nothing is.

        Raises `BadRequest` that names the field.
        """
        if door.operation != "chat":
            return asked, None, None
        fields = asked.canonical.extra if asked.chat is None else asked.chat.fields
        named = not _ASKED_BY.isdisjoint(fields)
        models = _models(asked, self._services.catalog.snapshot)
        short = any(model.context_length <= _SHORT for model in models)
        files = _FILE in asked.body if asked.chat is not None else extras_files.has_files(asked.canonical.messages)
        if not named and not short and not files:
            return asked, None, None
        plugins = {each.id: each for each in _field(fields, "plugins", list[_Plugin]) or ()}
        extras = Extras(door.dialect, heals=_heals(plugins, asked))
        debug = _field(fields, "debug", _Debug)
        if debug is not None and debug.echo_upstream_body:
            if asked.chat is None:
                raise BadRequest("`debug.echo_upstream_body`: only streamed chat completions have a place for an echo.")
            extras.echo = Echo() if asked.stream else None
        reads = files and _reads(plugins.get("file-parser"), models)
        compresses = _compresses(plugins, fields, short=short)
        if compresses and not reads:
            asked, compresses = await _compressed(asked, models, door, address), False
        search = None
        if "web" in plugins:
            asked, search = extras_search.wanted(asked, models, self._services, door, address)
        errand = Errand(extras, models, reads, compresses, search) if reads or search is not None else None
        return asked, extras if errand is not None or extras.heals or extras.echo is not None else None, errand

    async def run(self, asked: Asked, errand: Errand, bill: Bill, by: tuple[Door, Address]) -> Asked:
        """The request with its files read, and with what the web says; `bill` is told what a search costs.

        Raises `BadRequest` for a file that can't be read, and `Unavailable` when the search service fails.
        """
        if errand.reads:
            asked = await self._with_files_read(asked, errand.extras, by)
        if errand.compresses:
            asked = await _compressed(asked, errand.models, *by)
        if errand.search is not None:
            asked = await self._searched(asked, errand.search, errand.extras, bill, by)
        return asked

    async def _searched(
        self, asked: Asked, todo: Search, extras: Extras, bill: Bill, by: tuple[Door, Address]
    ) -> Asked:
        costs = True
        try:
            asked, extras.citations = await extras_search.search(asked, todo, self._services, *by)
        except Unavailable:
            costs = False  # nobody charges for what was not found out
            raise
        finally:
            if costs:  # whatever becomes of the request, and whoever has left meanwhile
                bill.searched()
        extras.searches = 1
        return asked

    async def _with_files_read(self, asked: Asked, extras: Extras, by: tuple[Door, Address]) -> Asked:
        async with self._readers:
            if asked.chat is None:
                read = await extras_files.read_out_parts(asked.canonical.messages, self._services)
                return asked if read is None else extras_messages.with_messages(asked, read, *by)
            messages, extras.annotations = await extras_files.read_out(asked.chat.fields["messages"], self._services)
        return asked if messages is None else extras_messages.with_chat_messages(asked, messages)


def _reads(plugin: _Plugin | None, models: list[Model]) -> bool:
    """Whether files are read here. Raises `BadRequest` for an engine that is not here."""
    if plugin is None:
        return extras_files.must_read(None, models)
    return plugin.enabled is not False and extras_files.must_read(plugin.pdf.engine if plugin.pdf else None, models)


async def _compressed(asked: Asked, models: list[Model], door: Door, address: Address) -> Asked:
    """The request, its middle left out as far as it is too long."""
    if asked.chat is None:
        kept = await extras_context.fitted(asked, models, asked.canonical.messages, extras_messages.Canonical())
        return asked if kept is None else extras_messages.with_messages(asked, kept, door, address)
    messages = extras_messages.chat_messages(asked)
    left = await extras_context.fitted(asked, models, messages, extras_messages.AsChat())
    return asked if left is None else extras_messages.with_chat_messages(asked, left)


def _models(asked: Asked, snapshot: Snapshot) -> list[Model]:
    """The models that are named, as far as a name says it without routing."""
    peek = asked.peek
    names = [name for name in (peek.model, *(peek.models or ())) if name]
    found = [snapshot.find(name) or snapshot.find(name.partition(":")[0]) for name in names]
    return [model for model in found if model is not None]


def _field(fields: Mapping[str, Raw], name: str, kind: type[T]) -> T | None:
    raw = fields.get(name)
    if raw is None or bytes(raw) == b"null":
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        raise BadRequest(f"Invalid request: `{name}`: {error}") from error


def _heals(plugins: dict[str, _Plugin], asked: Asked) -> bool:
    """Whether JSON is to be mended: only whole answers of a wanted form are (`behaviour.md` section 12)."""
    plugin = plugins.get("response-healing")
    if plugin is None or plugin.enabled is False or asked.stream:
        return False
    if asked.chat is None:
        layout = asked.canonical.response_format
        return layout is not None and layout.kind in {"json_object", "json_schema"}
    raw = bytes(asked.chat.fields.get("response_format", b"null"))
    return b'"json_object"' in raw or b'"json_schema"' in raw


def _compresses(plugins: dict[str, _Plugin], fields: Mapping[str, Raw], *, short: bool) -> bool:
    """Whether a prompt that is too long loses its middle; what the caller says goes before the model's size."""
    plugin = plugins.get("context-compression")
    if plugin is not None:
        return plugin.enabled is not False
    transforms = _field(fields, "transforms", list[str])
    return short if transforms is None else "middle-out" in transforms
