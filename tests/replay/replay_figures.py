"""Writes docs/reference/replay.md: what came of replaying every recorded exchange. `make replay`, half a minute."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from replay_checks import EXCEPTIONS, NOT_ANSWERED, NOT_ASKED, REFUSED, check, excused
from replay_passages import DOORS
from replay_vectors import EXCEPTIONS as VECTOR_EXCEPTIONS
from replay_vectors import NOT_SPOKEN, check_vectors, vectors
from replaying import exchanges, providers

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "replay.md"
Row = tuple[str, str, str]

HEAD = """# Recorded traffic, replayed

Written by `make replay` from the recorded exchanges that lie beside the repository; do not edit. The same checks run in
`make test` on a sample (each exchange in its own dialect and one other, vectors in all) and whole in `make proof`.

What is looked at, through the doors and passages that serve callers:

- **requests**: the recorded request, sent to its own provider, is the recorded one but for model, `stream` and fields
  meant for a gateway; and written for a provider of each of the seven dialects and read back it asks the same, or is
  refused with the field named.
- **answers**: the recorded answer is read, error answers have words, and a caller of each of the seven dialects, who
  wants it whole or streamed, reads the same text, reasoning, signatures, calls, pictures, log probabilities, end and
  usage as the provider's own caller.

Each figure is passed / looked at. Recordings without a request (fixtures of answers) count under answers only.

| provider | spoken | stream | exchanges | requests | asked in 7 | read | whole in 7 | streamed in 7 | excused |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def main() -> None:
    """Replays everything and writes the page."""
    seen: Counter[tuple[Row, str]] = Counter()
    passed: Counter[tuple[Row, str]] = Counter()
    wrong: list[str] = []
    for provider in providers():
        for exchange in exchanges(provider):
            row = (provider, exchange.dialect, "yes" if exchange.stream else "no")
            seen[row, "exchanges"] += 1
            excuse = excused(exchange)
            seen[row, "excused"] += excuse is not None
            for finding in check(exchange, tuple(DOORS)):
                step = "read" if finding.step == "refused" else finding.step
                seen[row, step] += 1
                passed[row, step] += not finding.fault
                if finding.fault and excuse is None:
                    wrong.append(f"{exchange.id}: {finding.step} {finding.dialect}: {finding.fault}")
        for one in vectors(provider):
            row = (provider, one.endpoint, "no")
            seen[row, "exchanges"] += 1
            for step, _, fault in check_vectors(one):
                seen[row, step] += 1
                passed[row, step] += not fault
                wrong += [f"{one.id}: {step}: {fault}"] if fault else []
    PAGE.write_text(HEAD + _table(seen, passed) + _lists(), encoding="utf-8")
    sys.stdout.write("\n".join([f"{PAGE}: {len(wrong)} faults that nothing excuses", *wrong, ""]))


def _table(seen: Counter[tuple[Row, str]], passed: Counter[tuple[Row, str]]) -> str:
    steps = ("same", "asked", "read", "whole", "streamed")
    lines: list[str] = []
    total: Counter[str] = Counter()
    good: Counter[str] = Counter()
    for row in sorted({row for row, _ in seen}):
        for step in (*steps, "exchanges", "excused"):
            total[step] += seen[row, step]
            good[step] += passed[row, step]
        cells = [f"{passed[row, step]}/{seen[row, step]}" if seen[row, step] else "" for step in steps]
        lines.append(f"| {' | '.join(row)} | {seen[row, 'exchanges']} | {' | '.join(cells)} | {seen[row, 'excused']} |")
    cells = [f"{good[step]}/{total[step]}" for step in steps]
    lines.append(f"| **all** | | | {total['exchanges']} | {' | '.join(cells)} | {total['excused']} |")
    return "\n".join(lines) + "\n"


def _lists() -> str:
    parts = ["\n## Exchanges that need not pass\n"]
    parts += [f"- `{piece}`: {reason}" for piece, reason in (EXCEPTIONS | VECTOR_EXCEPTIONS).items()]
    parts += ["\nRequests that are refused by design, with these fields:\n"]
    parts += [f"- {field}: {reason}" for field, reason in REFUSED.items()]
    parts += ["\nAddresses that are not spoken:\n"]
    parts += [f"- `{name}`: {reason}" for name, reason in NOT_SPOKEN.items()]
    for title, table in (
        ("What a provider is told in another way, or not at all", NOT_ASKED),
        ("What a caller is told in another way, or not at all", NOT_ANSWERED),
    ):
        parts += [f"\n## {title}\n", "| dialect | field | why |", "| --- | --- | --- |"]
        parts += [f"| {name} | {field} | {why} |" for name, fields in table.items() for field, why in fields.items()]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
