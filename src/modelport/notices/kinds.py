"""What people are told about: who is told, and in which words, in 简体中文 and English.

A notice's facts are named values (`model="acme/one"`, `balance="$0.42"`); those the words do not mention are listed
below them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from modelport.accounts.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.kit.language import Language

__all__ = ["FACTS", "KINDS", "Kind"]

_MONEY: Final = frozenset({Role.OWNER, Role.ADMIN, Role.BILLING})
_WORK: Final = frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER})
_HEADS: Final = frozenset({Role.OWNER, Role.ADMIN})


class Kind(NamedTuple):
    """One thing to be told."""

    roles: frozenset[Role]
    """Members of the account who are told."""
    en: tuple[str, str]
    """Subject and text."""
    zh: tuple[str, str]
    page: str = "/"
    """Where on this server one does something about it."""
    can_mute: bool = True


KINDS: Final[Mapping[str, Kind]] = {
    "low_balance": Kind(
        _MONEY,
        ("Your credits run low", "The balance of {account} has fallen below what you wanted to be told about."),
        ("余额不足提醒", "账户 {account} 的余额已低于您设定的提醒值。"),
        "/settings/credits",
    ),
    "key_limit_80": Kind(
        _WORK,
        ("An API key has used 80 % of its limit", "The key {key} has used four fifths of what it may spend."),
        ("API 密钥已用到限额的 80%", "密钥 {key} 已用掉限额的五分之四。"),
        "/settings/keys",
    ),
    "key_limit_100": Kind(
        _WORK,
        ("An API key has reached its limit", "The key {key} has spent what it may. Its requests are refused for now."),
        ("API 密钥已达限额", "密钥 {key} 已达到限额，其请求将被暂时拒绝。"),
        "/settings/keys",
    ),
    "budget": Kind(
        _HEADS | _MONEY,
        ("A budget is used up", "The budget {budget} of {account} is nearly or wholly used up."),
        ("预算即将或已经用完", "账户 {account} 的预算 {budget} 即将或已经用完。"),
        "/settings/credits",
    ),
    "model_deprecated": Kind(
        _WORK,
        ("A model you use goes away", "The model {model} will be switched off. Move to another one in time."),
        ("您使用的模型即将下线", "模型 {model} 即将下线，请及时更换。"),
        "/models",
    ),
    "key_leaked": Kind(
        _WORK,
        (
            "An API key was found in public and switched off",
            "The key {key} was found where everybody can read it, and is off. Look through what it was used for.",
        ),
        (
            "API 密钥已泄露并被停用",
            "密钥 {key} 出现在公开的地方，现已停用。请检查它的使用记录。",
        ),
        "/settings/keys",
        can_mute=False,
    ),
    "key_unusual": Kind(
        _WORK,
        ("An API key is used in an unusual way", "The key {key} is used as it never was before. Is that you?"),
        ("API 密钥使用异常", "密钥 {key} 的使用方式与以往不同，请确认是否为您本人。"),
        "/activity",
    ),
    "topup_failed": Kind(
        _MONEY,
        ("Your automatic top-up failed", "Credits for {account} could not be bought automatically."),
        ("自动充值失败", "账户 {account} 的自动充值没有成功。"),
        "/settings/credits",
        can_mute=False,
    ),
    "receipt": Kind(
        _MONEY,
        ("Your receipt", "Thank you. Credits were added to {account}."),
        ("您的收据", "谢谢！账户 {account} 已充值。"),
        "/settings/credits",
    ),
    "refund": Kind(
        _MONEY,
        ("A payment was returned", "A payment for {account} was returned, and its credits were taken back."),
        ("付款已退回", "账户 {account} 的一笔付款已退回，相应余额已扣除。"),
        "/settings/credits",
    ),
    "operator_visit": Kind(
        frozenset(Role),
        (
            "An operator looked into your account",
            "An operator looked in as you, for half an hour at most, without your conversations, and changed nothing.",
        ),
        (
            "服务器管理员查看了您的账户",
            "本服务器的管理员以您的身份查看了账户（最多半小时）。他们看不到对话内容，也无法更改任何设置。",
        ),
        "/settings",
        can_mute=False,
    ),
    "new_sign_in": Kind(
        frozenset(Role),
        ("A new sign-in to your account", "Somebody, hopefully you, signed in from a browser we have not seen."),
        ("您的账户有新的登录", "有人（希望是您本人）在新的浏览器上登录了您的账户。"),
        "/settings",
    ),
    "security_changed": Kind(
        frozenset(Role),
        ("How you sign in was changed", "Something that guards your account was changed."),
        ("登录方式已更改", "您账户的安全设置已更改。"),
        "/settings",
        can_mute=False,
    ),
    "member_joined": Kind(
        _HEADS,
        ("Somebody joined {account}", "{member} is now a member of {account}."),
        ("{account} 有新成员加入", "{member} 已成为 {account} 的成员。"),
        "/settings",
    ),
    "ownership": Kind(
        _HEADS,
        ("The owner of {account} has changed", "{member} is now the owner of {account}."),
        ("{account} 的所有者已变更", "{member} 现在是 {account} 的所有者。"),
        "/settings",
        can_mute=False,
    ),
    "destination_failing": Kind(
        _HEADS,
        ("A destination does not take your data", "Deliveries to {destination} have failed for a while."),
        ("数据推送失败", "向 {destination} 的推送已连续失败。"),
        "/settings",
    ),
    "test": Kind(
        _HEADS,
        ("A test", "This is what a notice of {account} looks like."),
        ("测试", "这是账户 {account} 的一条测试通知。"),
    ),
}
"""Every kind by its name."""

FACTS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "address": "Address",
        "amount": "Amount",
        "balance": "Balance",
        "browser": "Browser",
        "change": "Change",
        "date": "Date",
        "interval": "Interval",
        "limit": "Limit",
        "name": "Name",
        "number": "Number",
        "reason": "Reason",
        "replacement": "Replacement",
        "threshold": "Threshold",
        "time": "Time",
        "used": "Used",
        "where": "Where",
    },
    "zh": {
        "address": "地址",
        "amount": "金额",
        "balance": "余额",
        "browser": "浏览器",
        "change": "更改内容",
        "date": "日期",
        "interval": "周期",
        "limit": "限额",
        "name": "名称",
        "number": "编号",
        "reason": "原因",
        "replacement": "替代模型",
        "threshold": "提醒值",
        "time": "时间",
        "used": "已用",
        "where": "位置",
    },
}
"""What facts are called in the small table of a mail; one without a name goes to webhooks only."""
