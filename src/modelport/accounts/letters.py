"""The mails of signing in, in 简体中文 and English. Each says what was asked for and what to do if it was not you."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from modelport.mail.layout import Content, compose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.kit.language import Language
    from modelport.mail.letter import Letter

__all__ = ["LETTERS", "Kind", "letter"]

Kind = Literal["sign_up", "sign_up_known", "sign_in", "reset", "prove", "email_change", "email_changed", "invitation"]

_EN: Final[dict[str, tuple[str, str, str, str]]] = {
    # kind: subject, what it is, the button, the small print
    "sign_up": (
        "Confirm your e-mail address",
        "Welcome. Type this code on the page where you signed up, or press the button.",
        "Confirm my address",
        "The code and the link work once, for 15 minutes. If you did not sign up, ignore this mail: nothing was made.",
    ),
    "sign_up_known": (
        "You have an account already",
        "Somebody, probably you, tried to sign up with this address. It has an account already: sign in instead.",
        "Sign in",
        "If it was not you, ignore this mail: nothing was changed.",
    ),
    "sign_in": (
        "Your sign-in code",
        "Type this code on the page where you want to sign in.",
        "",
        "The code works once, for 15 minutes. If you did not ask for it, ignore this mail, and tell it to nobody.",
    ),
    "reset": (
        "Set a new password",
        "Press the button to choose a new password. Every browser that is signed in will be signed out.",
        "Choose a new password",
        "The link works once, for one hour. If you did not ask for it, ignore this mail: your password stays.",
    ),
    "prove": (
        "Your confirmation code",
        "Type this code to confirm the change you are about to make to your account.",
        "",
        "The code works once, for 15 minutes. If you are not changing anything, sign out your other browsers now.",
    ),
    "email_change": (
        "Confirm your new e-mail address",
        "Type this code to make this the address of your account.",
        "",
        "The code works once, for 15 minutes. If you did not ask for it, ignore this mail.",
    ),
    "email_changed": (
        "Your e-mail address was changed",
        "From now on the account is reached at another address, and this one can no longer be used to sign in.",
        "",
        "If it was not you, write to the operator of this server at once.",
    ),
    "invitation": (
        "You are invited",
        "{who} invites you to {where} on Modelport.",
        "See the invitation",
        "The link works once, for seven days. If you do not know who sent it, ignore this mail.",
    ),
}

_ZH: Final[dict[str, tuple[str, str, str, str]]] = {
    "sign_up": (
        "请确认您的邮箱",
        "欢迎！请在注册页面输入下面的验证码，或点击按钮。",
        "确认邮箱",
        "验证码和链接只能使用一次，15 分钟内有效。如果不是您在注册，请忽略此邮件，没有创建任何账户。",
    ),
    "sign_up_known": (
        "您已经有账户了",
        "有人（可能是您）用此邮箱注册。此邮箱已有账户，请直接登录：可以用密码，也可以用邮件验证码。",
        "登录",
        "如果不是您本人操作，请忽略此邮件，没有任何改动。",
    ),
    "sign_in": (
        "您的登录验证码",
        "请在登录页面输入下面的验证码。",
        "",
        "验证码只能使用一次，15 分钟内有效。如果不是您在登录，请忽略此邮件，也不要把验证码告诉任何人。",
    ),
    "reset": (
        "设置新密码",
        "点击按钮即可设置新密码。所有已登录的浏览器都会退出登录。",
        "设置新密码",
        "链接只能使用一次，1 小时内有效。如果不是您本人操作，请忽略此邮件，密码不会改变。",
    ),
    "prove": (
        "您的验证码",
        "请输入下面的验证码，确认您对账户的修改。",
        "",
        "验证码只能使用一次，15 分钟内有效。如果您没有在修改账户，请立即退出其他已登录的浏览器。",
    ),
    "email_change": (
        "请确认新邮箱",
        "请输入下面的验证码，将此邮箱设为您账户的邮箱。",
        "",
        "验证码只能使用一次，15 分钟内有效。如果不是您本人操作，请忽略此邮件。",
    ),
    "email_changed": (
        "您的邮箱已更改",
        "从现在起，账户使用另一个邮箱，此邮箱不能再用于登录。",
        "",
        "如果不是您本人操作，请立即联系本服务器的管理员。",
    ),
    "invitation": (
        "您收到一份邀请",
        "{who} 邀请您加入 Modelport 上的 {where}。",
        "查看邀请",
        "链接只能使用一次，7 天内有效。如果您不认识发送者，请忽略此邮件。",
    ),
}

LETTERS: Final[Mapping[Language, Mapping[str, tuple[str, str, str, str]]]] = {"zh": _ZH, "en": _EN}
"""Every mail by language and kind."""


def letter(
    kind: Kind, to: str, language: Language, *, code: str | None = None, link: str | None = None, **named: str
) -> Letter:
    """One mail; `code` and `link` are shown where they are given."""
    subject, lead, button, small = LETTERS[language][kind]
    content = Content(
        subject=subject,
        paragraphs=[lead.format(**named)],
        code=None if code is None else f"{code[:4]} {code[4:]}",
        link=None if link is None else (button, link),
        closing=[small],
    )
    return compose(to, language, content)
