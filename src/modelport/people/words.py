"""What the server's own pages say, in 简体中文 and English, one entry a text.

A word between backticks is shown as code. The two dictionaries have the same keys; a test holds them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.kit.language import Language

__all__ = ["TEXTS"]

_EN: Final = {
    "language": "en",
    "other_language": "简体中文",
    "footer": "Modelport, a self-hosted model marketplace and gateway.",
    # The landing page.
    "landing_title": "This server is running",
    "landing_lead": "One account, one key and one API for every large language model.",
    "landing_no_app": "The web app is not built: it needs Node 20.19 or later on the machine that runs "
    "`make web` (or `make run`). The API works without it.",
    "landing_base_head": "Base URL for your client",
    "landing_base_body": "Put it where an OpenAI-compatible client asks for a base URL or API address.",
    "landing_key_head": "An API key",
    "landing_key_body": "Keys are made on the machine this server runs on, with the command below. "
    "It shows the key once; send it as `Authorization: Bearer …`.",
    "landing_key_ask": "If someone else runs this server, ask them for a key.",
    "links_head": "Have a look",
    "link_models": "Models and prices",
    "link_models_note": "what can be called now; needs no key",
    "link_ready": "Health",
    "link_ready_note": "whether the server can take requests",
    "link_openapi": "API description",
    "link_openapi_note": "OpenAPI, for tools and client generators",
    # The form.
    "setup_title": "Set up the administrator",
    "setup_lead": "Welcome. This link works once: choose the e-mail address and password of this server's "
    "first administrator.",
    "email": "E-mail address",
    "password": "Password",
    "password_hint": "At least 10 characters. A few unrelated words are easy to remember and hard to guess.",
    "again": "Password once more",
    "submit": "Save and finish",
    "bad_email": "That does not look like an e-mail address. Check it, for example `name@example.com`.",
    "weak_password": "The password is too short, or among the first that a guesser tries. Give at least 10 "
    "characters, such as a few unrelated words.",
    "passwords_differ": "The two passwords are not the same. Type both again.",
    "email_taken": "Another user of this server has this e-mail address. Choose a different one.",
    "unavailable": "The database can't be reached at the moment. Nothing was changed; try again in a few seconds.",
    "unreadable": "The form did not arrive as expected. Please fill it in again.",
    # After the form.
    "done_title": "All set",
    "done_lead": "The administrator's address and password are saved, and the link is closed.",
    "done_key_head": "1. Have an API key",
    "done_key_body": "The first start printed one. For another, on the machine this server runs on:",
    "done_base_head": "2. Point your client at",
    "done_models_head": "3. Choose a model",
    "done_note": "Keep the password: you sign in to the web app with it. Where the web app is not built, the "
    "`modelport` command does everything an administrator needs.",
    # Pages that say no.
    "spent_title": "This link does not work",
    "spent_lead": "It was used already, a newer one has replaced it, or part of it is missing.",
    "spent_used": "If you have set up the administrator before, all is well: there is nothing left to do here.",
    "spent_new": "If not, run `modelport init` on the machine this server runs on. It prints a new link as long as "
    "none was used.",
    "spent_copy": "If you copied the link by hand, make sure that all of it is in the address bar.",
    "cross_title": "Sent from another site",
    "cross_lead": "This form was sent by a page that does not belong to this server, so nothing was changed.",
    "cross_body": "Open the setup link that `modelport init` printed in your browser and fill in the form there.",
    "large_title": "Too much to read",
    "large_lead": "What was sent is larger than this form can be, so nothing was changed.",
    "large_body": "Go back, use a shorter e-mail address and password, and send the form again.",
    "slow_title": "The form did not arrive",
    "slow_lead": "The connection was too slow or broke off, so nothing was changed.",
    "slow_body": "Check your connection, go back and send the form again.",
    "down_title": "Not available for a moment",
    "down_lead": "The database can't be reached at the moment. Nothing was changed.",
    "down_body": "Wait a few seconds and reload this page. If it stays like this, see the server's log.",
}

_ZH: Final = {
    "language": "zh-Hans",
    "other_language": "English",
    "footer": "Modelport：自托管的模型市场与网关。",
    "landing_title": "服务器运行中",
    "landing_lead": "一个账户、一个密钥、一套 API，调用所有大语言模型。",
    "landing_no_app": "网页应用尚未构建：在运行 `make web`（或 `make run`）的机器上需要 Node 20.19 或更高版本。"
    "API 不受影响，可照常使用。",
    "landing_base_head": "客户端的 Base URL",
    "landing_base_body": "在兼容 OpenAI 的客户端里，把它填到“Base URL”或“API 地址”一栏。",
    "landing_key_head": "API 密钥",
    "landing_key_body": "在运行本服务器的机器上，用下面的命令创建密钥。密钥只显示一次；"
    "调用时放在请求头 `Authorization: Bearer …` 里。",
    "landing_key_ask": "如果服务器由他人管理，请向服务器管理员索取密钥。",
    "links_head": "看一看",
    "link_models": "模型与价格",
    "link_models_note": "当前可调用的模型，无需密钥",
    "link_ready": "健康状态",
    "link_ready_note": "服务器能否接受请求",
    "link_openapi": "接口描述",
    "link_openapi_note": "OpenAPI 文档，供工具和代码生成器使用",
    "setup_title": "设置服务器管理员",
    "setup_lead": "欢迎。此链接只能使用一次：请为本服务器的首位管理员设置邮箱和密码。",
    "email": "邮箱",
    "password": "密码",
    "password_hint": "至少 10 个字符。几个互不相关的词，好记又难猜。",
    "again": "再次输入密码",
    "submit": "保存并完成",
    "bad_email": "这不像是邮箱地址，请检查，例如 `name@example.com`。",
    "weak_password": "密码太短或太容易被猜到。请至少输入 10 个字符，例如几个互不相关的词。",
    "passwords_differ": "两次输入的密码不一致，请重新输入。",
    "email_taken": "本服务器上已有用户使用此邮箱，请换一个。",
    "unavailable": "暂时无法连接数据库。没有任何改动，请过几秒再试。",
    "unreadable": "没有正确收到表单内容，请重新填写。",
    "done_title": "设置完成",
    "done_lead": "服务器管理员的邮箱和密码已保存，此链接已失效。",
    "done_key_head": "1. 准备 API 密钥",
    "done_key_body": "首次启动时已给出一个。如需新的密钥，在运行本服务器的机器上执行：",
    "done_base_head": "2. 把客户端的 Base URL 设为",
    "done_models_head": "3. 选择模型",
    "done_note": "请保管好密码，登录网页应用时要用。没有构建网页应用时，服务器管理员所需的一切都可以用 "
    "`modelport` 命令完成。",
    "spent_title": "此链接无法使用",
    "spent_lead": "它可能已经用过、已被更新的链接取代，或者不完整。",
    "spent_used": "如果您之前已设置过管理员，那么一切正常，这里无需再做任何事。",
    "spent_new": "如果还没有，请在运行本服务器的机器上执行 `modelport init`。"
    "只要还没有链接被使用过，它就会给出新的链接。",
    "spent_copy": "如果链接是手动复制的，请确认地址栏里的链接完整。",
    "cross_title": "请求来自其他网站",
    "cross_lead": "提交此表单的页面不属于本服务器，因此没有任何改动。",
    "cross_body": "请在浏览器中打开 `modelport init` 给出的链接，并在那里填写表单。",
    "large_title": "内容过长",
    "large_lead": "提交的内容超过了此表单的上限，因此没有任何改动。",
    "large_body": "请返回，改用较短的邮箱和密码，然后重新提交。",
    "slow_title": "没有收到表单",
    "slow_lead": "网络太慢或连接中断，因此没有任何改动。",
    "slow_body": "请检查网络，返回后重新提交。",
    "down_title": "暂时不可用",
    "down_lead": "暂时无法连接数据库。没有任何改动。",
    "down_body": "请等几秒后刷新页面。如果一直如此，请查看服务器日志。",
}

TEXTS: Final[Mapping[Language, Mapping[str, str]]] = {"zh": _ZH, "en": _EN}
"""Every text by language and key."""
