"""The table of known providers as people and scripts see it: a list, one row in full, and the reference page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelport.providers.auth import SCHEMES
from modelport.providers.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelport.providers.row import Row

__all__ = ["page", "row_json", "rows"]


def rows() -> list[dict[str, Any]]:
    """Every row, in short."""
    return [_short(row) for row in ROWS.values()]


def row_json(slug: str) -> dict[str, Any]:
    """One row in full. Raises `ValueError` when there is none."""
    row = ROWS.get(slug)
    if row is None:
        raise ValueError(f"No provider is known as {slug!r}; `modelport providers` lists them.")
    return _short(row) | {
        "docs": row.docs,
        "options": {name: {"meaning": one.meaning, "default": one.default} for name, one in row.options.items()},
        "wires": {
            dialect: {
                "base_url": wire.base_url,
                "auth": SCHEMES[wire.auth].meaning,
                "path": wire.path or None,
                "query": dict(wire.query),
                "renames": dict(wire.renames),
                "drops": sorted(wire.drops),
                "keeps": sorted(wire.keeps),
                "quirks": sorted(wire.quirks),
                "adds": dict(wire.adds),
            }
            for dialect, wire in row.wires.items()
        },
        "facts": [{"says": fact.says, "source": fact.source, "verified": fact.verified or None} for fact in row.facts],
        "models_url": row.models_url or (f"{row.wires[row.dialect].base_url}/models" if row.models else None),
        "models_shape": row.models,
        "privacy_policy_url": row.privacy_policy_url,
        "terms_of_service_url": row.terms_of_service_url,
        "status_page_url": row.status_page_url,
        "headquarters": row.headquarters,
    }


def page() -> str:
    """The reference page of all rows."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Known providers"
    yield "<!-- Made by `make docs`: change the source, not this page. -->\n"
    yield "`provider: {slug: groq}` in a catalogue file takes all this from the row; what the file says goes first."
    yield "A word in braces is one of `options`. `modelport providers show groq` prints one row in full."
    yield "Pages were seen in stored copies, on the day that is named; `recorded` is traffic of the provider's own, and"
    yield "`choice` is a precaution of ours. What has no day could not be verified. Links to policies were not opened."
    yield ""
    yield "| slug | name | dialects, the usual one first | key | options |"
    yield "| --- | --- | --- | --- | --- |"
    for row in ROWS.values():
        options = ", ".join(
            f"`{name}`" + (f" (`{one.default}`)" if one.default else "") for name, one in row.options.items()
        )
        key = f"`{row.key_variable}`" if row.key_variable else "none"
        yield f"| [`{row.slug}`](#{row.slug}) | {row.name} | {', '.join(row.wires)} | {key} | {options} |"
    for row in ROWS.values():
        yield from _section(row)


def _section(row: Row) -> Iterator[str]:
    yield f"\n## {row.slug}\n"
    yield f"[{row.name}'s documentation]({row.docs})."
    for name, option in row.options.items():
        yield f"`{name}`: {option.meaning}{f'; `{option.default}` when not given' if option.default else ''}."
    yield "\n| dialect | address | key | differs |\n| --- | --- | --- | --- |"
    for dialect, wire in row.wires.items():
        differs = [f"`{name}` → `{other}`" for name, other in wire.renames.items()]
        differs += [f"without `{name}`" for name in sorted(wire.drops)]
        differs += [f"adds `{name}`" for name in wire.adds]
        differs += [f"is sent `{name}`" for name in sorted(wire.keeps)]
        differs += [f"`{name}`" for name in sorted(wire.quirks)]
        query = "".join(f"?{name}={value}" for name, value in wire.query.items())
        yield (
            f"| {dialect} | `{wire.base_url}{wire.path}{query}` | {SCHEMES[wire.auth].meaning} | {', '.join(differs)} |"
        )
    yield ""
    for fact in row.facts:
        source = f"[source]({fact.source})" if fact.source.startswith("https://") else fact.source
        yield f"- {fact.says} ({source}{f', {fact.verified}' if fact.verified else '; not verified'})."


def _short(row: Row) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "dialects": list(row.wires),
        "base_url": row.wires[row.dialect].base_url,
        "key_variable": row.key_variable or None,
        "headquarters": row.headquarters,
        "unverified": row.unverified,
    }
