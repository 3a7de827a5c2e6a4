"""Recorded answers with one value changed: what models and features yet to be recorded may send."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from replay_mutations import all_changes, carries, documents, read, said, with_change
from replaying import exchanges

from modelport.dialects.canonical import Charged, Identity, Request, Usage, fold
from modelport.gateway.dialect_table import DIALECTS, FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaying import Exchange

    from modelport.dialects.canonical import Event

OF_A_KIND = 2
"""Exchanges of one dialect, streamed or whole, of one provider."""
CHANGES = 15
"""In each."""
LONGEST = 120
"""Events of a stream that are read: a cut one is an answer as well."""


def chosen(provider: str) -> Iterator[Exchange]:
    """A few good answers of each kind."""
    seen = Counter[tuple[str, bool]]()
    for one in exchanges(provider):
        kind = one.dialect, one.stream
        if one.status < 400 and one.body and not one.cut and seen[kind] < OF_A_KIND:
            seen[kind] += 1
            yield one


def test_one_value_changed(provider: str) -> None:
    """Only a typed fault is raised, and none where the words are still there; every caller can be told the rest."""
    for exchange in chosen(provider):
        dialect, stream = exchange.dialect, exchange.stream
        try:
            whole = documents(dialect, exchange.body, stream=stream)[:LONGEST]
            before = said(read(dialect, whole, stream=stream))
        except (*FAULTS, ValueError):
            continue  # an error told in a 200, or a recording that is none
        draw = Random(exchange.id)  # noqa: S311  the same every time
        every = all_changes(whole)
        for number, place, change in draw.sample(every, min(CHANGES, len(every))):
            changed = with_change(whole, number, place, change)
            if changed is None:
                continue
            carried = carries(whole[number].fields, place, before)
            where = f"{exchange.id} {place} {change}"
            try:
                events = read(dialect, changed, stream=stream)
            except FAULTS:
                assert carried, where
                continue
            assert carried or said(events) == before, where
            tell(events)


def tell(events: list[Event]) -> None:
    """Every caller's answer is written. Raises whatever goes wrong."""
    me, charged, nobody = Identity("gen-1", "m", "P", 1), Charged(Usage(), 0, 0, 0), Request(model="m", messages=[])
    for spoken in DIALECTS.values():
        writer = spoken.writer(me, nobody)
        writer.feed(events)
        writer.end(charged)
        spoken.write_response(fold(events), me, charged, nobody)
