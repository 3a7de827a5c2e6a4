"""Wires that many rows share, so that a row says only what is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modelport.providers.provider import Wire
from modelport.providers.row import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping


DAY: Final = "2026-11-26"
"""When most of the facts were last verified: in stored copies of the pages they name, of 2026; none was opened live."""

_PLAIN: Final = {"max_completion_tokens": "max_tokens", "messages.role.developer": "system"}
CAUTION: Final = Fact(
    "`max_completion_tokens` goes as `max_tokens`, and the role `developer` as `system`: the older names mean the "
    "same, and not every provider that is compatible with OpenAI knows the newer ones",
    "choice: where a provider knows both, nothing is lost",
    DAY,
)
"""What `compatible` does: a choice of ours, and nothing that is said of the provider."""

REASONING_CONTENT: Final = {"messages.reasoning": "reasoning_content"}
"""Reasoning of earlier turns under the name that many providers give it."""


def compatible(
    base_url: str,
    *,
    renames: Mapping[str, str] | None = None,
    drops: frozenset[str] = frozenset(),
    quirks: frozenset[str] = frozenset(),
    adds: Mapping[str, object] | None = None,
    auth: str = "dialect",
) -> Wire:
    """Chat completions as an OpenAI-compatible provider takes them: in the older names of two things."""
    return Wire(
        base_url=base_url, renames={**_PLAIN, **(renames or {})}, drops=drops, quirks=quirks, adds=adds or {}, auth=auth
    )


def responses(base_url: str, *, reasoning_format: str | None = None, auth: str = "dialect") -> Wire:
    """OpenAI's Responses at another provider's."""
    return Wire(base_url=base_url, reasoning_format=reasoning_format, auth=auth)


def messages(base_url: str, *, auth: str = "dialect", drops: frozenset[str] = frozenset()) -> Wire:
    """Anthropic's Messages at another provider's; the address ends in `/v1`."""
    return Wire(base_url=base_url, auth=auth, drops=drops)
