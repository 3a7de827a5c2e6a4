"""Probabilities of tokens: columns in this dialect, one object for each token in the shared vocabulary.

Numbers keep their digits. What the shared vocabulary can't hold is left out: `bytes` of a token on the way out, and
`text_offset` on the way in. It is counted anew, in characters from the beginning of the answer's text.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from modelport.kit.forgiving import Forgiving

__all__ = ["read_logprobs", "write_logprobs"]


_NULL = Raw(b"null")


class _Columns(Struct):
    tokens: list[str] | None = None
    token_logprobs: list[Raw] | None = None
    """Numbers; null for the first token of an echoed prompt."""
    top_logprobs: list[dict[str, Raw] | None] | None = None


class _Alternative(Struct):
    token: str = ""
    logprob: Raw = _NULL


class _Entry(Struct):
    token: str = ""
    logprob: Raw = _NULL
    top_logprobs: list[_Alternative] | None = None


_COLUMNS: Forgiving[_Columns | None] = Forgiving(_Columns | None)
_ENTRY = Forgiving(_Entry)
_ENCODER = msgspec.json.Encoder()


def read_logprobs(raw: Raw) -> list[Raw] | None:
    """The entries of a choice's `logprobs`; None where there are none."""
    columns = _COLUMNS.decode_or_none(raw) if raw else None
    if columns is None or not columns.tokens:
        return None
    numbers, tops = columns.token_logprobs or [], columns.top_logprobs or []
    return [
        Raw(_ENCODER.encode({
            "token": token,
            "logprob": numbers[index] if index < len(numbers) else _NULL,
            "bytes": list(token.encode()),
            "top_logprobs": _alternatives(tops[index] if index < len(tops) else None),
        }))
        for index, token in enumerate(columns.tokens)
    ]  # fmt: skip


def _alternatives(column: dict[str, Raw] | None) -> list[object]:
    return [
        {"token": token, "logprob": logprob, "bytes": list(token.encode())} for token, logprob in (column or {}).items()
    ]


def write_logprobs(entries: list[Raw], offset: int) -> tuple[dict[str, object], int]:
    """The columns of `entries`, whose first token stands at `offset`; and where the next one would stand."""
    tokens: list[str] = []
    numbers: list[Raw] = []
    tops: list[dict[str, Raw]] = []
    offsets: list[int] = []
    for raw in entries:
        entry = _ENTRY.decode_or_none(raw) or _Entry()
        offsets.append(offset)
        offset += len(entry.token)
        tokens.append(entry.token)
        numbers.append(entry.logprob)
        tops.append({each.token: each.logprob for each in entry.top_logprobs or ()})
    columns = {"tokens": tokens, "token_logprobs": numbers, "top_logprobs": tops, "text_offset": offsets}
    return dict[str, object](columns), offset
