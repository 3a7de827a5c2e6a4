"""Probabilities of tokens: Google's form and OpenAI's, which is the shared one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LogprobsResult", "read_logprobs", "write_logprobs"]


class _Candidate(Struct, rename="camel"):
    token: str = ""
    log_probability: float | None = None


class _Top(Struct):
    candidates: list[_Candidate] = []


class LogprobsResult(Struct, rename="camel"):
    """The tokens that were chosen and, for each, those that could have been."""

    chosen_candidates: list[_Candidate] | None = None
    top_candidates: list[_Top] | None = None


class _Token(Struct):
    token: str = ""
    logprob: float = 0.0


class _Entry(_Token):
    top_logprobs: list[_Token] | None = None


_ENTRY = Forgiving(_Entry)
_ENCODER = msgspec.json.Encoder()


def read_logprobs(result: LogprobsResult) -> list[Raw]:
    """One entry a token, as OpenAI writes them."""
    tops = result.top_candidates or []
    entries: list[Raw] = []
    for index, chosen in enumerate(result.chosen_candidates or ()):
        others = tops[index].candidates if index < len(tops) else []
        entry = _token(chosen) | {"top_logprobs": [_token(each) for each in others]}
        entries.append(Raw(_ENCODER.encode(entry)))
    return entries


def _token(candidate: _Candidate) -> dict[str, object]:
    token, logprob = candidate.token, candidate.log_probability
    known = 0.0 if logprob is None else logprob  # a certain token's probability is left out by Google's JSON
    return {"token": token, "logprob": known, "bytes": list(token.encode(errors="replace"))}


def write_logprobs(entries: Sequence[Raw]) -> dict[str, object]:
    """`logprobsResult` of OpenAI's entries; one that can't be read is left out."""
    chosen: list[dict[str, object]] = []
    top: list[dict[str, object]] = []
    for raw in entries:
        try:
            entry = _ENTRY.decode(raw)
        except FAULTS:
            continue
        chosen.append(_candidate(entry))
        top.append({"candidates": [_candidate(each) for each in entry.top_logprobs or ()]})
    return {"chosenCandidates": chosen, "topCandidates": top}


def _candidate(token: _Token) -> dict[str, object]:
    return {"token": token.token, "logProbability": token.logprob}
