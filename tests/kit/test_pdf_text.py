"""PDFs from strangers: read in a process of its own, refused in words."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from modelport.kit.pdf_text import MOST_BYTES, Unreadable, pages_of


def _pdf(*pages: str) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file)
    for page in pages:
        canvas.drawString(72, 700, page)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


async def test_each_page_is_read() -> None:
    assert await pages_of(_pdf("one", "two")) == ["one", "two"]


async def test_what_can_not_be_read_says_why() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(_pdf("secret")))
    writer.encrypt("password", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    for data, why in (
        (locked.getvalue(), "password"),
        (_pdf(""), "no text"),
        (b"%PDF-1.7\nrubbish", "no PDF"),
        (b"%PDF" + bytes(MOST_BYTES), "larger"),
    ):
        with pytest.raises(Unreadable, match=why):
            await pages_of(data)


async def test_one_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(Unreadable, match="within 0 seconds"):
        await pages_of(_pdf("one"), seconds=0)
