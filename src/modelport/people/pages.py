"""The server's own few pages as HTML: no script, nothing from elsewhere, one inline style named by its hash.

Every value that comes from outside goes through `html.escape`. The routes decide; here is only how it looks.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from html import escape
from typing import TYPE_CHECKING, Final, Literal

from modelport.people.words import TEXTS

if TYPE_CHECKING:
    from modelport.kit.language import Language

__all__ = ["HEADERS", "Notice", "landing", "notice", "page", "setup_done", "setup_form"]

Notice = Literal["spent", "cross", "large", "slow", "down"]
"""The pages that only say what went wrong and what to do."""

_STYLE: Final = """
:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1b1f27;--soft:#586074;--line:#d5d9e2;--edge:#7d8598;
--accent:#2f5bd8;--on:#fff;--code:#eef0f5;--bad:#a3151f;--bad-bg:#fdecec}
@media (prefers-color-scheme:dark){:root{--bg:#101319;--card:#191d26;--ink:#e8eaf0;--soft:#a3abbd;--line:#2e3442;
--edge:#717a90;--accent:#8eaaff;--on:#0d1530;--code:#232936;--bad:#ffb3b3;--bad-bg:#3a1a1e}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;background:var(--bg);
color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei",
"Noto Sans CJK SC",sans-serif;padding:max(1rem,6vh) 1rem 1.5rem;overflow-wrap:anywhere}
main,header,footer{width:100%;max-width:34rem}
header{display:flex;justify-content:space-between;align-items:baseline;padding:0 .25rem .75rem}
header b{letter-spacing:.01em}
main{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.75rem}
footer{color:var(--soft);font-size:.85rem;padding:1rem .25rem}
h1{font-size:1.5rem;line-height:1.3;margin:0 0 .5rem}
h2{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:.25rem 0 .75rem}
a{color:var(--accent)}
ul{margin:.25rem 0 0;padding-left:1.2rem}
li{margin:.35rem 0}
small,.soft{color:var(--soft)}
small{display:block;font-size:.875rem;line-height:1.5}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--code);border-radius:4px;
padding:.1em .35em}
.line{margin:.5rem 0 .75rem}
.line code{display:block;padding:.65rem .8rem;border-radius:8px;user-select:all}
label{display:block;font-weight:600;margin:1.1rem 0 .3rem}
input,select,button{font:inherit;width:100%;border-radius:8px;padding:.65rem .8rem}
input,select{color:inherit;background:transparent;border:1px solid var(--edge)}
input[aria-invalid]{border-color:var(--bad)}
:is(input,select,button,a):focus-visible{outline:3px solid var(--accent);outline-offset:2px}
input+small{margin-top:.35rem}
button{margin-top:1.6rem;border:0;background:var(--accent);color:var(--on);font-weight:600;cursor:pointer}
.bad{background:var(--bad-bg);color:var(--bad);border-radius:8px;padding:.65rem .8rem;margin:1rem 0 0}
.bad code{background:none;padding:0}
@media (max-width:30rem){main{padding:1.25rem}}
"""

HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}
"""What every page is sent with."""

_NOTICES: Final[dict[Notice, tuple[str, ...]]] = {
    "spent": ("spent_used", "spent_new", "spent_copy"),
    "cross": ("cross_body",),
    "large": ("large_body",),
    "slow": ("slow_body",),
    "down": ("down_body",),
}
_KEYS_COMMAND: Final = "modelport keys create --user {} --name {}"
_MODELS: Final = "/api/v1/models"


def landing(language: Language, base_url: str) -> str:
    """What this server is; `base_url` is what clients are to be given."""
    say = TEXTS[language]
    links = "".join(
        f'<li><a href="{href}">{escape(say[key])}</a> <span class="soft">– {escape(say[f"{key}_note"])}</span></li>'
        for key, href in (("link_models", _MODELS), ("link_ready", "/readyz"), ("link_openapi", "/openapi.json"))
    )
    return _page(
        language,
        "landing_title",
        f"""<p>{_prose(say["landing_lead"])}</p>
<p class="soft">{_prose(say["landing_no_app"])}</p>
<h2>{escape(say["landing_base_head"])}</h2>
{_line(base_url)}<p class="soft">{_prose(say["landing_base_body"])}</p>
<h2>{escape(say["landing_key_head"])}</h2>
<p>{_prose(say["landing_key_body"])}</p>
{_line(_KEYS_COMMAND.format("EMAIL", "NAME"))}<p class="soft">{_prose(say["landing_key_ask"])}</p>
<h2>{escape(say["links_head"])}</h2>
<ul>{links}</ul>""",
    )


def setup_form(language: Language, *, email: str = "", fault: str | None = None) -> str:
    """The first administrator's form; `fault` is the key of the text that says why it is shown again."""
    say = TEXTS[language]
    alert = f'<p class="bad" role="alert" id="fault">{_prose(say[fault])}</p>' if fault else ""
    email_marks = ' aria-describedby="fault" aria-invalid="true"' if fault in {"bad_email", "email_taken"} else ""
    password_marks = (
        ' aria-describedby="hint fault" aria-invalid="true"'
        if fault in {"weak_password", "passwords_differ"}
        else ' aria-describedby="hint"'
    )
    # The form is sent to the address it stands at, so that the token is nowhere in the page.
    return _page(
        language,
        "setup_title",
        f"""<p>{_prose(say["setup_lead"])}</p>
{alert}<form method="post" action="?lang={language}" accept-charset="utf-8">
<label for="email">{escape(say["email"])}</label>
<input id="email" name="email" type="email" value="{escape(email)}" autocomplete="email" inputmode="email"
 autocapitalize="none" spellcheck="false" maxlength="255" required{email_marks}>
<label for="password">{escape(say["password"])}</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="10"
 required{password_marks}>
<small id="hint">{escape(say["password_hint"])}</small>
<label for="again">{escape(say["again"])}</label>
<input id="again" name="again" type="password" autocomplete="new-password" minlength="10"
 required>
<button type="submit">{escape(say["submit"])}</button>
</form>""",
    )


def setup_done(language: Language, email: str, base_url: str) -> str:
    """The administrator is set up under this address: what to do next."""
    say = TEXTS[language]
    command = _KEYS_COMMAND.format(shlex.quote(email), "my-key")  # it is there to be copied into a shell
    return _page(
        language,
        "done_title",
        f"""<p>{_prose(say["done_lead"])}</p>
<h2>{escape(say["done_key_head"])}</h2>
<p>{_prose(say["done_key_body"])}</p>
{_line(command)}<h2>{escape(say["done_base_head"])}</h2>
{_line(base_url)}<h2>{escape(say["done_models_head"])}</h2>
<p><a href="{_MODELS}">{escape(say["link_models"])}</a> <code>{_MODELS}</code></p>
<p class="soft">{_prose(say["done_note"])}</p>""",
        switch=False,  # the link is closed: the other language would say that it does not work
    )


def notice(language: Language, kind: Notice) -> str:
    """A page that says what went wrong and what to do."""
    say = TEXTS[language]
    advice = "".join(f"<li>{_prose(say[key])}</li>" for key in _NOTICES[kind])
    return _page(language, f"{kind}_title", f"<p>{_prose(say[f'{kind}_lead'])}</p>\n<ul>{advice}</ul>")


def page(language: Language, heading: str, body: str) -> str:
    """A page with a heading of its own; `body` is HTML."""
    return _framed(language, escape(heading), body, "")


def _page(language: Language, title: str, body: str, *, switch: bool = True) -> str:
    say = TEXTS[language]
    other: Language = "en" if language == "zh" else "zh"
    link = (
        f'<a href="?lang={other}" hreflang="{other}" lang="{TEXTS[other]["language"]}">'
        f"{escape(say['other_language'])}</a>"
        if switch
        else ""
    )
    return _framed(language, escape(say[title]), body, link)


def _framed(language: Language, heading: str, body: str, link: str) -> str:
    say = TEXTS[language]
    return f"""<!doctype html>
<html lang="{say["language"]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading} · Modelport</title>
<style>{_STYLE}</style>
</head>
<body>
<header><b>Modelport</b>{link}</header>
<main>
<h1>{heading}</h1>
{body}
</main>
<footer>{escape(say["footer"])}</footer>
</body>
</html>
"""


def _line(text: str) -> str:
    return f'<p class="line"><code>{escape(text)}</code></p>\n'


def _prose(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))
