"""`/api/admin/mail`: how mail stands, and a mail to try it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.admin.errors import MailNotSent
from modelport.keys.access import Permission, Principal, allow
from modelport.kit.language import choose
from modelport.mail.failing import Kept, Rule, TransportFailed
from modelport.mail.layout import Content, compose

if TYPE_CHECKING:
    from modelport.admin.services import Services
    from modelport.kit.language import Language

__all__ = ["router"]

router = APIRouter(prefix="/api/admin/mail", tags=["Admin: mail"])
Operator = Annotated[Principal, Depends(allow(Permission.OPERATE))]


_WORDS: Final[dict[Language, tuple[str, str]]] = {
    "en": ("A test of this server's mail", "Mail from this server arrives. Nothing needs to be done."),
    "zh": ("邮件发送测试", "本服务器的邮件可以正常送达，无需任何操作。"),
}


class MailState(BaseModel):
    """Answer of `GET /mail`."""

    kind: str = Field(description="`smtp`, or `console` where mails are printed where the server runs.")
    waiting: int
    sent: int = Field(description="Within the last month.")
    given_up: int
    last_fault: str | None
    last_rule: Rule | None = Field(default=None, description="Why the last one failed, in a word for programs.")
    last_code: int | None = Field(default=None, description="The number that the mail server answered with.")


class MailTest(BaseModel):
    """Body of `POST /mail/test`."""

    email: str = Field(min_length=3, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")


class MailTested(BaseModel):
    """The mail server took it."""

    kind: str


@router.get("", summary="How mail stands")
async def read_mail(request: Request, _caller: Operator) -> MailState:
    """The queue, and why the last mail that failed did."""
    services: Services = request.app.state.services
    queue = await services.mailer.queue()
    last = None if queue.last_fault is None else Kept.read(queue.last_fault)
    return MailState(
        kind=services.mailer.kind,
        waiting=queue.waiting,
        sent=queue.sent,
        given_up=queue.given_up,
        last_fault=None if last is None else last.text,
        last_rule=None if last is None else last.rule,
        last_code=None if last is None else last.code,
    )


@router.post("/test", summary="Send a mail to try it out")
async def send_test_mail(request: Request, _caller: Operator, body: MailTest) -> MailTested:
    """At once, beside the queue: what the mail server says against it is the answer (502)."""
    services: Services = request.app.state.services
    language = choose(None, request.headers.get("accept-language"))
    subject, text = _WORDS[language]
    try:
        await services.mailer.try_out(compose(body.email, language, Content(subject, [text])))
    except TransportFailed as fault:
        raise MailNotSent(f"The mail was not sent: {_with_words(fault)}.", metadata=fault.facts) from fault
    return MailTested(kind=services.mailer.kind)


def _with_words(fault: TransportFailed) -> str:
    """What went wrong, with what the mail server said: operators only read it, and they set the server up."""
    return f'{fault}, saying "{fault.said}"' if fault.said else str(fault)
