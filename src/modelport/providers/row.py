"""What a row of the table of providers says, and how it becomes a way to call one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from modelport.providers.provider import Wire

__all__ = ["Fact", "Links", "MissingOption", "Option", "Row", "resolve"]

Listing = Literal["openai", "gemini", "anthropic", "cohere", "bedrock", "catalog"]
"""The shape of a list of models: `{data: [{id}]}`, `{models: [{name}]}`, and so on; `catalog` is a bare list."""


class MissingOption(Exception):
    """An address can't be made; says which options it needs."""

    def __init__(self, provider: str, names: Sequence[str]) -> None:
        super().__init__(f"{provider} needs {', '.join(f'`{name}`' for name in names)}")
        self.names = names


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing about a provider that is not as the dialect says, and where that is known from."""

    says: str
    source: str
    """An address, or `recorded: ...` for traffic of the provider's own."""
    verified: str = ""
    """The day, as `YYYY-MM-DD`; empty for what nobody could verify."""


@dataclass(frozen=True, slots=True)
class Option:
    """A word in the provider's addresses that the operator fills in."""

    meaning: str
    default: str | None = None
    """None where it must be given."""


class Links(TypedDict):
    """Where a company says what it does, for rows of one company."""

    privacy_policy_url: str
    terms_of_service_url: str
    status_page_url: str
    headquarters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A provider that is known here."""

    slug: str
    name: str
    wires: Mapping[str, Wire]
    """How it is spoken to, by dialect; the first is that of most of its models. `{word}` stands for an option."""
    docs: str
    """Its documentation of the API."""
    key_variable: str = ""
    """The environment variable in which its key usually comes; empty where none is needed."""
    options: Mapping[str, Option] = field(default_factory=dict[str, Option])
    facts: tuple[Fact, ...] = ()
    """Where its wires come from."""
    models: Listing | None = None
    """The shape of its list of models; None where it has none, or none that is known."""
    models_url: str = ""
    """Where that list is; empty for `/models` below the first wire's address."""
    vectors: bool = False
    """Whether it makes embeddings in a shape of `dialects.vectors`."""
    always_stream: bool = False
    """Ask it for a stream even where the caller wants none."""
    # These addresses are from memory: no page was opened for them.
    privacy_policy_url: str | None = None
    terms_of_service_url: str | None = None
    status_page_url: str | None = None
    headquarters: str | None = None
    """Country code."""

    @property
    def dialect(self) -> str:
        """The dialect of most of its models."""
        return next(iter(self.wires))

    @property
    def unverified(self) -> list[str]:
        """What nobody could verify."""
        return [fact.says for fact in self.facts if not fact.verified]


def resolve(row: Row, options: Mapping[str, str]) -> dict[str, Wire]:
    """The row's wires with every address complete, the first of them first.

    Raises `MissingOption`. An option that the row does not know is left alone: authentication may need it.
    """
    words = {name: option.default for name, option in row.options.items()} | dict(options)
    missing = [name for name, option in row.options.items() if not words[name] and option.default is None]
    if missing:
        raise MissingOption(row.name, missing)
    given = {name: word for name, word in words.items() if word is not None}
    return {dialect: _complete(wire, given) for dialect, wire in row.wires.items()}


def _complete(wire: Wire, words: Mapping[str, str]) -> Wire:
    return replace(
        wire,
        base_url=_filled(wire.base_url, words),
        path=_filled(wire.path, words),
        stream_path=_filled(wire.stream_path, words),
        query={name: _filled(value, words) for name, value in wire.query.items()},
    )


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, word in _used(text, words):
        text = text.replace(f"{{{name}}}", word)
    return text


def _used(text: str, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, word) for name, word in words.items() if f"{{{name}}}" in text)
