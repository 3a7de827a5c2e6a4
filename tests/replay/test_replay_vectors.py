"""Every recorded embedding and ranking passes through the doors of every shape."""

from __future__ import annotations

from itertools import islice

from replay_vectors import check_vectors, vectors


def test_all_vectors(provider: str) -> None:
    wrong = [
        f"{one.id}: {step} {dialect}: {fault}"
        for one in vectors(provider)
        for step, dialect, fault in check_vectors(one)
        if fault
    ]
    assert not wrong, "\n".join(islice(wrong, 20))
