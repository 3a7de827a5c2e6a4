"""A sheet of paper to write receipts and statements on. Drawn with fonts that every PDF reader brings, so none is
shipped: Helvetica, and Adobe's STSong for Chinese.
"""

from __future__ import annotations

import io
from datetime import datetime

from modelport.kit.clock import UTC

__all__ = ["LEFT", "RIGHT", "Page", "show_time"]

LEFT, RIGHT = 56, 539
_TOP, _BOTTOM = 780, 70


class Page:
    """A canvas that is written downwards and goes on to the next page by itself."""

    def __init__(self, title: str, numbered: str = "") -> None:
        """`numbered` is what stands at the foot of each page, with `{number}` to be filled in."""
        # Needed for a page now and then, and slow to import.
        from reportlab.lib.colors import HexColor  # noqa: PLC0415
        from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
        from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))  # pyright: ignore[reportUnknownMemberType] (untyped)
        self._width = pdfmetrics.stringWidth
        self._bytes = io.BytesIO()
        self._canvas = Canvas(self._bytes, pagesize=(595, 842), invariant=1)
        self._canvas.setTitle(title)
        self._black, self._pale, self._line = (HexColor(each) for each in (0x111111, 0x666666, 0xBFBFBF))
        self._numbered = numbered
        self._number = 1
        self.y = _TOP

    def text(self, text: str, *, x: int = LEFT, size: int = 10, right: bool = False, pale: bool = False) -> None:
        """Writes on the present line."""
        latin = all(ord(letter) < 256 for letter in text)
        font = "Helvetica" if latin else "STSong-Light"
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(self._pale if pale else self._black)
        at = x - self._width(text, font, size) if right else x
        self._canvas.drawString(at, self.y, text)

    def down(self, by: int = 16) -> None:
        """Goes on below."""
        self.y -= by
        if self.y < _BOTTOM:
            self._turn()

    def room(self, height: int) -> None:
        """Goes on to the next page unless there is room for so much."""
        if self.y - height < _BOTTOM:
            self._turn()

    def _turn(self) -> None:
        self._foot()
        self._canvas.showPage()
        self._number += 1
        self.y = _TOP

    def _foot(self) -> None:
        if self._numbered:
            self.y = 40
            self.text(self._numbered.format(number=self._number), x=RIGHT, size=8, right=True, pale=True)

    def rule(self) -> None:
        """Draws a line across."""
        self._canvas.setStrokeColor(self._line)
        self._canvas.line(LEFT, self.y + 11, RIGHT, self.y + 11)

    def end(self) -> bytes:
        """The whole document."""
        self._foot()
        self._canvas.save()
        return self._bytes.getvalue()


def show_time(at_ms: int) -> str:
    """A moment as it stands on paper."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
