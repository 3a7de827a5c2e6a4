"""How a mail looks: one short page of plain HTML that every mail program shows alike, and the same as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from modelport.mail.letter import Letter

if TYPE_CHECKING:
    from modelport.kit.language import Language

__all__ = ["Content", "compose"]


@dataclass(frozen=True, slots=True)
class Content:
    """What a mail says. Plain text throughout; nothing in it is HTML."""

    subject: str
    paragraphs: list[str]
    code: str | None = None
    """Shown large, to be typed elsewhere."""
    link: tuple[str, str] | None = None
    """What the button says, and where it leads."""
    facts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """A small table: name and value."""
    closing: list[str] = field(default_factory=list[str])
    """Said below, in small print."""


def compose(to: str, language: Language, content: Content) -> Letter:
    """The letter to one person."""
    return Letter(to, content.subject, _text(content), _html(language, content))


def _text(content: Content) -> str:
    blocks = list(content.paragraphs)
    if content.code is not None:
        blocks.append(f"    {content.code}")
    if content.link is not None:
        blocks.append(f"{content.link[0]}:\n{content.link[1]}")
    if content.facts:
        blocks.append("\n".join(f"{name}: {value}" for name, value in content.facts))
    blocks += content.closing
    return "\n\n".join([*blocks, "-- \nModelport"]) + "\n"


def _html(language: Language, content: Content) -> str:
    font = "font:16px/1.6 system-ui,-apple-system,'PingFang SC','Microsoft YaHei',sans-serif"
    parts = [f"<p>{escape(text)}</p>" for text in content.paragraphs]
    if content.code is not None:
        style = "font:700 28px/1.4 ui-monospace,Menlo,Consolas,monospace;letter-spacing:4px"
        parts.append(f'<p style="{style}">{escape(content.code)}</p>')
    if content.link is not None:
        style = "display:inline-block;padding:10px 18px;border-radius:8px;background:#2f5bd8;color:#fff"
        label, href = (escape(each) for each in content.link)
        parts.append(f'<p><a href="{href}" style="{style}">{label}</a></p><p style="color:#586074">{href}</p>')
    if content.facts:
        rows = "".join(
            f'<tr><td style="color:#586074;padding:2px 16px 2px 0">{escape(name)}</td><td>{escape(value)}</td></tr>'
            for name, value in content.facts
        )
        parts.append(f"<table>{rows}</table>")
    parts += [f'<p style="color:#586074;font-size:14px">{escape(text)}</p>' for text in content.closing]
    lang = "zh-Hans" if language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        f"<title>{escape(content.subject)}</title></head>"
        f'<body style="margin:0;padding:24px;background:#f4f5f7;color:#1b1f27;{font}">'
        '<div style="max-width:520px;margin:0 auto;background:#fff;border:1px solid #d5d9e2;border-radius:12px;'
        f'padding:24px;overflow-wrap:anywhere">{"".join(parts)}</div></body></html>\n'
    )
