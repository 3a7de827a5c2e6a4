"""Runs the house's own lints: `make repo-lint`, a part of `make check`. Ends with 1 when one of them found a fault."""

from __future__ import annotations

import sys
from pathlib import Path

from lints import contracts, glossary, languages, money, providers, settings, sizes, words
from lints.tree import Tree

LINTS = (contracts, glossary, languages, money, providers, settings, sizes, words)


def main() -> int:
    """Prints every fault as `path:line: what, and what to do`."""
    tree = Tree(Path(__file__).resolve().parents[1])
    faults = sorted({fault for lint in LINTS for fault in lint.check(tree)})
    for remark in sizes.remarks(tree):
        print(f"remark: {remark}")
    for fault in faults:
        print(fault)
    print(f"{len(LINTS)} lints over {len(tree.files)} files: {len(faults) or 'no'} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
