"""The built app in memory: every file with its compressed twins, read once at start."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["BUILT", "File", "load"]

BUILT: Final = Path(__file__).with_name("static")
"""Where the build puts the app; not there in a checkout that was never built."""

_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_TWINS: Final = ((b"br", ".br"), (b"gzip", ".gz"))


class File(NamedTuple):
    """One file of the app."""

    content: bytes
    media_type: bytes
    etag: bytes
    packed: tuple[tuple[bytes, bytes], ...]
    """Compressed twins, best first: the encoding's name and the bytes."""

    def best(self, accepted: bytes) -> tuple[bytes | None, bytes]:
        """The encoding a client gets, None for none, and the bytes."""
        names = {name for name, refused in map(_encoding, accepted.split(b",")) if not refused}
        for encoding, content in self.packed:
            if encoding in names:
                return encoding, content
        return None, self.content


def load(folder: Path = BUILT) -> dict[str, File]:
    """Every file by its path on the server, such as `/assets/index-1a2b.js`; nothing when there is no build."""
    if not (folder / "index.html").is_file():
        return {}
    found: dict[str, File] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        # The build's own notes begin with a dot, and twins belong to the file they were made from.
        if path.is_file() and not name.startswith(".") and path.suffix not in {".br", ".gz"}:
            found[f"/{name}"] = _read(path)
    return found


def _read(path: Path) -> File:
    content = path.read_bytes()
    twins = ((encoding, path.with_name(path.name + suffix)) for encoding, suffix in _TWINS)
    return File(
        content=content,
        media_type=(
            _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        ).encode(),
        etag=f'"{hashlib.sha256(content).hexdigest()[:20]}"'.encode(),
        packed=tuple((encoding, twin.read_bytes()) for encoding, twin in twins if twin.is_file()),
    )


def _encoding(item: bytes) -> tuple[bytes, bool]:
    """One item of `Accept-Encoding`: its name, and whether it is refused by `q=0`."""
    name, *parameters = (part.strip().lower() for part in item.split(b";"))
    return name, any(part.replace(b" ", b"") in {b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"} for part in parameters)
