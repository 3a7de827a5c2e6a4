"""The text of a PDF, page by page, read in a process of its own within bounds of size, pages, memory and time.

A PDF comes from strangers: one that is made to burn processor time or memory takes its own process down and nothing
else. `python -m modelport.kit.pdf_text` is that process: the file on its standard input, JSON on its standard output.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import sys
import warnings
from typing import Final

__all__ = ["MOST_BYTES", "Unreadable", "pages_of"]

MOST_BYTES: Final = 32 * 1024 * 1024
"""The largest file that is read."""
_MOST_PAGES: Final = 1_000
_MOST_CHARACTERS: Final = 4_000_000
_SECONDS: Final = 20.0
_MEMORY: Final = 1024 * 1024 * 1024
"""Address space of the process that reads."""


class Unreadable(Exception):
    """No text can be had of it; says why in words for the caller."""


async def pages_of(data: bytes, *, seconds: float = _SECONDS) -> list[str]:
    """The text of each page. Raises `Unreadable`."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"it is larger than {MOST_BYTES} bytes")
    pipe = asyncio.subprocess.PIPE
    arguments = ("-I", "-m", "modelport.kit.pdf_text")
    child = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        out, _ = await asyncio.wait_for(child.communicate(data), seconds)
    except TimeoutError:
        raise Unreadable(f"it can't be read within {seconds:g} seconds") from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    try:
        told: dict[str, list[str] | str] = json.loads(out)
    except ValueError:
        raise Unreadable("it can't be read within the bounds of memory and time") from None
    pages = told.get("pages")
    if not isinstance(pages, list):
        raise Unreadable(str(told.get("fault")))
    return pages


def _bounded() -> None:
    """Bounds this process, where the platform can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 (not on every platform)

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        seconds = int(_SECONDS) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _read(data: bytes) -> dict[str, list[str] | str]:
    from pypdf import PdfReader  # noqa: PLC0415 (only the process that reads needs it)
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"fault": "it is protected by a password"}
        if len(reader.pages) > _MOST_PAGES:
            return {"fault": f"it has more than {_MOST_PAGES} pages"}
        left, pages = _MOST_CHARACTERS, list[str]()
        for page in reader.pages:
            text = page.extract_text().strip()
            left -= len(text)
            if left < 0:
                return {"fault": f"its text is longer than {_MOST_CHARACTERS} characters"}
            pages.append(text)
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return {"fault": "it is no PDF that can be read"}
    if not any(pages):
        return {"fault": "it holds no text, only pictures of it"}
    return {"pages": pages}


def main() -> None:
    """Reads a file from the standard input."""
    _bounded()
    warnings.simplefilter("ignore")
    logging.disable()
    # Half of a surrogate pair, as broken fonts give, can't be sent on.
    text = json.dumps(_read(sys.stdin.buffer.read(MOST_BYTES + 1)), ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
