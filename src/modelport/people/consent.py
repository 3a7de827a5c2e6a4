"""The page on which somebody agrees to give an app a key. No script; what comes from the app is shown as text only."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from modelport.people import pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.kit.language import Language

__all__ = ["Asked", "code_page", "consent_page", "headers_for", "refused_page"]


class Asked(NamedTuple):
    """What the page shows."""

    app: str
    """The host that is called back, or nothing where the code is shown."""
    callback_url: str
    email: str
    account: str
    key_label: str
    limit: str
    limit_reset: str
    token: str
    """Shows that the form was sent from this page, by this session."""
    query: str
    """The address's parameters, which the form sends back."""


_EN: Final = {
    "title": "Give an app access",
    "lead": "{app} asks for an API key to your account. With it, the app can call models and spend your credits, up to "
    "the limit you set here. It can't see or change anything else.",
    "lead_code": "A program asks for an API key to your account. With it, it can call models and spend your credits, "
    "up to the limit you set here. It can't see or change anything else.",
    "account": "Account",
    "signed_in": "Signed in as",
    "label": "Name of the key",
    "limit": "Spending limit in USD",
    "limit_hint": "Empty: no limit. You can change it, or delete the key, at any time.",
    "reset": "The limit starts anew",
    "reset_": "never",
    "reset_daily": "every day",
    "reset_weekly": "every week",
    "reset_monthly": "every month",
    "agree": "Give access",
    "refuse": "No, go back",
    "goes_to": "You will go back to",
    "code_title": "Your code",
    "code_lead": "Type this code into the program that asked for it. It works once, for ten minutes.",
    "refused_title": "This can't be done",
    "refused_lead": "What the app asked for does not make sense:",
}
_ZH: Final = {
    "title": "授权应用访问",
    "lead": "{app} 请求获得您账户的一个 API 密钥。应用可以用它调用模型，并在您设定的限额内使用余额，"
    "不能查看或更改其他内容。",
    "lead_code": "一个程序请求获得您账户的一个 API 密钥。它可以用密钥调用模型，并在您设定的限额内使用余额，"
    "不能查看或更改其他内容。",
    "account": "账户",
    "signed_in": "当前登录",
    "label": "密钥名称",
    "limit": "限额（美元）",
    "limit_hint": "留空表示不限额。您可以随时更改限额或删除密钥。",
    "reset": "限额重置周期",
    "reset_": "不重置",
    "reset_daily": "每天",
    "reset_weekly": "每周",
    "reset_monthly": "每月",
    "agree": "授权",
    "refuse": "拒绝并返回",
    "goes_to": "之后将返回",
    "code_title": "您的授权码",
    "code_lead": "请在请求授权的程序中输入此授权码。只能使用一次，10 分钟内有效。",
    "refused_title": "无法完成",
    "refused_lead": "应用的请求有误：",
}
TEXTS: Final[Mapping[Language, Mapping[str, str]]] = {"zh": _ZH, "en": _EN}


def headers_for(callback_url: str) -> dict[str, str]:
    """Headers of the page: a browser lets a form's answer lead elsewhere only where that is said."""
    parts = urlsplit(callback_url)
    origin = f" {parts.scheme}://{parts.netloc}" if callback_url else ""
    policy = pages.HEADERS["content-security-policy"].replace("form-action 'self'", f"form-action 'self'{origin}")
    return {**pages.HEADERS, "content-security-policy": policy, "cache-control": "no-store"}


def consent_page(language: Language, asked: Asked, back: str | None) -> str:
    """The form; `back` is where a refusal leads."""
    say = TEXTS[language]
    lead = say["lead"].format(app=asked.app) if asked.app else say["lead_code"]
    options = "".join(
        f'<option value="{value}"{" selected" if value == asked.limit_reset else ""}>{escape(say[f"reset_{value}"])}'
        "</option>"
        for value in ("", "daily", "weekly", "monthly")
    )
    goes = f"<small>{escape(say['goes_to'])}: {escape(asked.callback_url)}</small>" if asked.callback_url else ""
    refuse = f'<p><a href="{escape(back)}" rel="noreferrer">{escape(say["refuse"])}</a></p>' if back else ""
    return pages.page(
        language,
        say["title"],
        f"""<p>{escape(lead)}</p>
<p class="soft">{escape(say["account"])}: <b>{escape(asked.account)}</b><br>
{escape(say["signed_in"])}: {escape(asked.email)}</p>
<form method="post" action="/auth?{escape(asked.query)}" accept-charset="utf-8">
<input type="hidden" name="token" value="{escape(asked.token)}">
<label for="key_label">{escape(say["label"])}</label>
<input id="key_label" name="key_label" maxlength="100" value="{escape(asked.key_label)}">
<label for="limit">{escape(say["limit"])}</label>
<input id="limit" name="limit" inputmode="decimal" pattern="[0-9]+([.][0-9]{{1,9}})?" aria-describedby="hint"
 value="{escape(asked.limit)}">
<small id="hint">{escape(say["limit_hint"])}</small>
<label for="limit_reset">{escape(say["reset"])}</label>
<select id="limit_reset" name="limit_reset">{options}</select>
<button type="submit">{escape(say["agree"])}</button>
{goes}</form>
{refuse}""",
    )


def code_page(language: Language, code: str) -> str:
    """The code, for a program that can't be called back."""
    say = TEXTS[language]
    body = f'<p>{escape(say["code_lead"])}</p><p class="line"><code>{escape(code)}</code></p>'
    return pages.page(language, say["code_title"], body)


def refused_page(language: Language, reason: str) -> str:
    """Why there is no form."""
    say = TEXTS[language]
    return pages.page(language, say["refused_title"], f"<p>{escape(say['refused_lead'])}</p><p>{escape(reason)}</p>")
