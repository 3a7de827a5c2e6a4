"""Each way in which a mail server fails has a word of its own, met on real connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import aiosmtplib
import pytest

from modelport.kit.vault import SealBroken
from modelport.mail.failing import Kept, Refused, TransportFailed, why
from modelport.mail.letter import Letter
from modelport.mail.transport import Sender, Smtp

if TYPE_CHECKING:
    from collections.abc import Callable

_LETTER = Letter(to="you@example.test", subject="Hello", text="Hello", html="<p>Hello</p>")


def _says(**answers: str) -> Callable[[str], str]:
    """What a mail server answers to commands that begin so; it takes the rest."""

    def answer(line: str) -> str:
        word = line[:4].strip().upper()
        usual = {"EHLO": "250-mail.test\r\n250 AUTH PLAIN", "AUTH": "235 welcome", "DATA": "354 go on"}
        return answers.get(word, usual.get(word, "250 OK"))

    return answer


async def _sent(answer: Callable[[str], str] | None, url: str) -> TransportFailed:
    """The fault of a mail to a server that answers so; None: it breaks off after its greeting."""
    served: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        with contextlib.suppress(ConnectionError):
            while answer is not None and (line := (await reader.readline()).decode("latin-1")):
                writer.write(f"{answer(line)}\r\n".encode())
            writer.close()
            await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TransportFailed) as raised:
            await Smtp(url.format(port=port), Sender("we@example.test", "We")).send(_LETTER)
    await asyncio.gather(*served)
    return raised.value


@pytest.mark.parametrize(
    ("answers", "rule", "code"),
    [
        ({"AUTH": "535 5.7.8 wrong: secret-word"}, "authentication", 535),
        ({"MAIL": "553 not yours"}, "sender", 553),
        ({"RCPT": "550 nobody of that name"}, "address", 550),
        ({"RCPT": "451 greylisted"}, "address", 451),
        ({"DATA": "554 looks like spam"}, "answer", 554),
    ],
)
async def test_a_server_that_answers_is_quoted(answers: dict[str, str], rule: str, code: int) -> None:
    fault = await _sent(_says(**answers), "smtp://me:secret-word@127.0.0.1:{port}")
    assert (fault.rule, fault.code) == (rule, code)
    (said,) = answers.values()
    assert fault.said == said[4:].replace("secret-word", "***")
    assert isinstance(fault, Refused) == (code == 550)
    assert "secret-word" not in str(Kept.of(fault))
    assert fault.said not in str(Kept.of(fault))


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("smtps://127.0.0.1:{port}", "tls"),  # the server speaks in clear
        ("smtp://127.0.0.1:9", "unreachable"),  # nothing listens there
        ("smtp://127.0.0.1:{port}", "broken_off"),
    ],
)
async def test_a_server_that_is_not_reached(url: str, rule: str) -> None:
    assert (await _sent(None, url)).facts == {"rule": rule}


@pytest.mark.parametrize(
    ("met", "rule"), [(socket.gaierror(-2, "unknown"), "name"), (TimeoutError(), "timeout"), (OSError(), "unreachable")]
)
def test_what_the_library_wraps(met: OSError, rule: str) -> None:
    wrapped = aiosmtplib.SMTPConnectError("no connection")
    wrapped.__cause__ = met
    assert why(wrapped, None).rule == rule
    assert why(met, None).rule == rule


def test_what_the_queue_remembers() -> None:
    kept = Kept.of(Refused("address", "the mail server refuses the address (550)", code=550, said="nobody"))
    assert Kept.read(str(kept)) == kept == Kept("the mail server refuses the address (550)", "address", 550)
    assert Kept.of(SealBroken("no")).rule == "sealed"
    assert Kept.read("the mail server answered 451") == Kept("the mail server answered 451")  # an older version's
