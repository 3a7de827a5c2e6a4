"""Offline token counts, for holds that have to be close and for answers whose provider tells no usage.

The tokenizer is OpenAI's o200k; others differ by some per cent, so an estimate for a hold adds a margin. Its tables
are loaded on first need (70 ms, 70 MB), past the package's own start, which would build 140 MB of tables nobody
here reads.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.machinery
import importlib.util
from pathlib import Path
from typing import Protocol, cast

__all__ = ["count", "load", "loaded", "margin"]


class _Tokenizer(Protocol):
    def count(self, text: str) -> int: ...


def count(text: str) -> int:
    """How many tokens `text` has."""
    return _tokenizer().count(text) if text else 0


async def load() -> None:
    """Loads the tables in a thread, so that the first count does not hold up everybody else."""
    if not loaded():
        await asyncio.to_thread(_tokenizer)


def loaded() -> bool:
    """Whether a count is quick."""
    return bool(_tokenizer.cache_info().currsize)


def margin(tokens: int) -> int:
    """`tokens` with the room another tokenizer may need: a fifth, and a few for what frames a prompt."""
    return tokens + tokens // 5 + 16


@functools.cache
def _tokenizer() -> _Tokenizer:
    package = importlib.util.find_spec("bpe_openai")
    assert package is not None
    assert package.submodule_search_locations is not None
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    folder = Path(package.submodule_search_locations[0])
    (library,) = (path for path in folder.glob("_bindings*") if path.name.endswith(suffixes))
    loader = importlib.machinery.ExtensionFileLoader("bpe_openai._bindings", str(library))
    spec = importlib.util.spec_from_loader("bpe_openai._bindings", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    # The module has no types of its own outside its package.
    return cast("_Tokenizer", module.tokenizer_for_encoding("o200k_base"))
