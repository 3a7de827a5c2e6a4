"""From what a provider calls a model to our id, `author/slug`.

Hosts of open models spell the same model in many ways (`Qwen/Qwen3-32B`, `accounts/x/models/qwen3-32b`). An id that
is known from elsewhere wins; `Names` finds it by what the spellings have in common.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Names", "native_id"]

_ORGANISATIONS = {
    "ai21labs": "ai21",
    "alibaba": "qwen",
    "amazon": "amazon",
    "baai": "baai",
    "deepseek-ai": "deepseek",
    "meta": "meta-llama",
    "minimaxai": "minimax",
    "mistral": "mistralai",
    "moonshot": "moonshotai",
    "primeintellect": "prime-intellect",
    "stepfun-ai": "stepfun",
    "xai": "x-ai",
    "xiaomimimo": "xiaomi",
    "zai": "z-ai",
    "zai-org": "z-ai",
    "zhipuai": "z-ai",
}
"""What hosts call an author, where that differs from what we do."""

_DATE = re.compile(r"[-@](20\d{6}|20\d{2}-\d{2}-\d{2}|default)$")
_POINT = re.compile(r"(?<=\d)-(?=\d{1,2}(?:-|$))")
_TAIL = re.compile(r"-(instruct|it|hf|fp8|fp4|bf16|tput|turbo|versatile|instant|maas|tee)$")
_REGION = re.compile(r"^(us|eu|au|jp|apac|global)\.")
_REVISION = re.compile(r"-v\d+(:\d+)?$")


def native_id(author: str, upstream: str) -> str:
    """Our id for a model that its own author serves: without its date, with points in version numbers."""
    slug = _DATE.sub("", upstream.lower().rpartition("/")[2])
    slug = _POINT.sub(".", slug).removesuffix(".0")
    return f"{author}/{_clean(slug)}"


class Names:
    """Ids that are known, and the way to them from other spellings."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known: dict[str, str] = {}
        self._keys: dict[str, str | None] = {}
        """By bare spelling; None where two ids share it."""
        for model_id in known:
            if "/" not in model_id:
                continue
            self._known[model_id.lower()] = model_id
            if ":" in model_id or model_id.startswith("~"):
                continue
            for key in (_bare(model_id), _short(model_id)):
                taken = self._keys.setdefault(key, model_id)
                if taken != model_id and key != _bare(taken or ""):
                    self._keys[key] = None

    def of(self, upstream: str) -> str | None:
        """The id of what a host calls `upstream`, made up where none is known; None when no author can be told."""
        known = self.find(upstream)
        if known is not None:
            return known
        organisation, slug = _parts(_REGION.sub("", upstream.lower()))
        author = _ORGANISATIONS.get(organisation, organisation)
        return f"{_clean(author)}/{_clean(slug)}" if author and slug else None

    def find(self, upstream: str) -> str | None:
        """The known id of what a host calls `upstream`."""
        text = _REGION.sub("", upstream.lower().removeprefix("accounts/fireworks/models/"))
        if text in self._known:
            return self._known[text]
        organisation, slug = _parts(text)
        author = _ORGANISATIONS.get(organisation, organisation)
        if author and f"{author}/{slug}" in self._known:
            return self._known[f"{author}/{slug}"]
        found = self._keys.get(_bare(slug)) or self._keys.get(_short(slug))
        if found is not None and (not author or found.startswith(f"{author}/")):
            return found
        return None


def _parts(text: str) -> tuple[str, str]:
    """Author as the host writes it and slug; some put a dot between them, and a revision behind."""
    if "/" in text:
        head, _, slug = text.rpartition("/")
        return head.rpartition("/")[2], slug
    head, dot, slug = text.partition(".")
    if dot and head.isalpha() and not slug[:1].isdigit():
        return head, _REVISION.sub("", slug)
    return "", text


def _bare(text: str) -> str:
    """A spelling without its author, dates and everything but letters and digits."""
    slug = _DATE.sub("", text.rpartition("/")[2])
    slug = re.sub(r"(?<=\d)p(?=\d)", ".", slug.removeprefix("meta-").removeprefix("zai-").removeprefix("nvidia-"))
    return re.sub(r"[^a-z0-9]", "", slug.lower())


def _short(text: str) -> str:
    """The same without words that say how it is served or tuned."""
    slug = _DATE.sub("", text.rpartition("/")[2].lower())
    while (cut := _TAIL.sub("", slug)) != slug:
        slug = cut
    return _bare(slug)


def _clean(slug: str) -> str:
    return re.sub(r"[^a-z0-9._-]", "-", slug)[:127]
