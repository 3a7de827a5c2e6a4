"""Mails and webhook calls as readers get them: once each, signed, again after a fault, never to our own network."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from people_house import text_of

from api.api_harness import until
from modelport.accounts.letters import LETTERS
from modelport.mail.letter import Letter, message
from modelport.mail.transport import Sender, Smtp
from modelport.notices.kinds import FACTS, KINDS
from modelport.upstream.client import Target, UpstreamClient
from modelport.upstream.errors import UpstreamFault
from modelport.upstream.guard import is_public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from people_house import House


class Hooked:
    """A webhook's receiver on loopback."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        """Statuses of the next answers; 200 after them."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self._thread.join(5)
        self.server.server_close()


@pytest.fixture
def hooked() -> Iterator[Hooked]:
    made = Hooked()
    yield made
    made.stop()


def due_now(house: House, table: str) -> None:
    """Lets what waits for another try be tried now."""
    from sqlalchemy import text

    house.call(
        house.services.database.write(
            lambda connection: connection.execute(text(f"UPDATE {table} SET due_at = 1 WHERE due_at IS NOT NULL"))  # noqa: S608
        )
    )
    house.harness.loop.call_soon_threadsafe(house.services.mailer.wake)
    house.harness.loop.call_soon_threadsafe(house.services.hooks.wake)


class TestWords:
    """Both languages say everything."""

    def test_every_letter_and_notice_is_in_both(self) -> None:
        assert LETTERS["zh"].keys() == LETTERS["en"].keys()
        assert FACTS["zh"].keys() == FACTS["en"].keys()
        for kind in KINDS.values():
            named = [{each.split("}")[0] for each in "".join(texts).split("{")[1:]} for texts in (kind.en, kind.zh)]
            assert named[0] == named[1]
            assert kind.roles


class TestNotices:
    """Who is told, how often, and in which language."""

    def test_once_until_it_is_over(self, house: House) -> None:
        browser, email = house.person()
        account = browser.me["account_id"]
        notices = house.services.notices

        def tell() -> bool:
            return house.call(notices.send(account, "low_balance", subject="balance", balance="$0.42", threshold="$1"))

        assert [tell(), tell()] == [True, False]
        mail = house.mailbox.wait(email, about="credits run low")
        assert "Balance: $0.42" in text_of(mail)
        house.call(notices.over(account, "low_balance", "balance"))
        assert [tell(), tell()] == [True, False]
        house.mailbox.wait(email, 2, about="credits run low")
        listed = browser.get("/notices").json()["data"]
        assert [each["kind"] for each in listed if each["kind"] == "low_balance"] == ["low_balance"] * 2

    def test_at_once_it_is_told_once(self, house: House) -> None:
        import asyncio

        browser, _ = house.person()
        account = browser.me["account_id"]

        async def many() -> list[bool]:
            send = house.services.notices.send
            return await asyncio.gather(*(send(account, "key_limit_80", subject="key:1", key="k") for _ in range(10)))

        assert sorted(house.call(many())) == [False] * 9 + [True]

    def test_in_the_readers_language(self, house: House) -> None:
        browser, email = house.person()
        assert browser.send("PATCH", "/me", {"name": None, "language": "zh"}).status_code == 200
        house.call(house.services.notices.send(browser.me["account_id"], "key_leaked", key="sk-mp-v1-abc...xyz"))
        mail = house.mailbox.wait(email, about="已泄露")
        assert "sk-mp-v1-abc...xyz" in text_of(mail)

    def test_what_is_muted_is_not_mailed(self, house: House) -> None:
        browser, email = house.person()
        account = browser.me["account_id"]
        assert browser.send("PUT", "/notices/choices", {"muted": ["receipt"]}).status_code == 204
        assert browser.send("PUT", "/notices/choices", {"muted": ["key_leaked"]}).status_code == 400
        chosen = {each["kind"]: each["mail"] for each in browser.get("/notices/choices").json()["data"]}
        assert chosen["receipt"] is False
        assert chosen["low_balance"] is True
        house.call(house.services.notices.send(account, "receipt", amount="$5"))
        house.call(house.services.notices.send(account, "topup_failed", reason="declined"))
        house.mailbox.wait(email, about="top-up failed")
        assert not house.mailbox.to(email, "receipt")

    def test_a_sign_in_from_elsewhere_is_told(self, house: House) -> None:
        browser, email = house.person()
        from people_house import PASSWORD

        again = house.browser(**{"user-agent": "Other/1"})
        for _ in range(2):
            again.post("/auth/sign-in", {"email": email, "password": PASSWORD})
        mail = house.mailbox.wait(email, about="new sign-in")
        assert "Other/1" in text_of(mail)
        kinds = [each["kind"] for each in browser.get("/notices").json()["data"]]
        assert kinds.count("new_sign_in") == 2  # where they signed up, silently, and this one

    def test_a_mail_is_tried_again(self, house: House) -> None:
        _, email = house.person()
        browser = house.browser()
        house.mailbox.fail_next = 1
        browser.post("/auth/reset", {"email": email})
        until(lambda: house.mailbox.fail_next == 0 or None)
        assert len(house.mailbox.to(email)) == 1

        def come() -> object:
            due_now(house, "mails")
            return house.mailbox.to(email, "new password") or None

        until(come)

    def test_a_mail_that_will_never_be_taken_is_given_up(self, house: House) -> None:
        from sqlalchemy import text

        house.browser().post("/auth/sign-up", {"email": "nobody@refused.test", "password": "tidal-Marble-39"})

        def given_up() -> object:
            return house.call(
                house.services.database.read(
                    lambda connection: connection.execute(
                        text("SELECT fault FROM mails WHERE fault LIKE '%550%' AND sealed IS NULL AND due_at IS NULL")
                    ).first()
                )
            )

        until(given_up)


class TestWebhooks:
    """Signed calls."""

    def test_a_notice_is_posted_signed_and_again_after_a_fault(self, house: House, hooked: Hooked) -> None:
        browser, _ = house.person()
        set_ = browser.send("PUT", "/notices/webhook", {"url": hooked.url}).json()
        assert browser.get("/notices/webhook").json()["data"]["url"] == hooked.url
        hooked.answers = [500]
        assert browser.post("/notices/test").json() == {"told": True}
        until(lambda: hooked.calls or None)

        def taken() -> object:
            due_now(house, "notice_deliveries")
            return len(hooked.calls) > 1 or None

        until(taken)
        headers, body = hooked.calls[1]
        timestamp = headers["x-modelport-timestamp"]
        signed = hmac.new(set_["secret"].encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        assert headers["x-modelport-signature"] == f"v1={signed}"
        assert headers["x-modelport-delivery"] == hooked.calls[0][0]["x-modelport-delivery"]
        assert json.loads(body)["type"] == "test"
        assert json.loads(body)["account_id"] == browser.me["account_id"]
        assert browser.send("DELETE", "/notices/webhook").status_code == 204
        assert browser.send("DELETE", "/notices/webhook").status_code == 404
        assert browser.get("/notices/webhook").json() == {"data": None}

    @pytest.mark.parametrize(
        "url", ["ftp://x.test/", "https://", "https://user:pw@x.test/", "https://x.test:99999/", "x"]
    )
    def test_what_is_no_address_is_refused(self, house: House, url: str) -> None:
        browser, _ = house.person()
        answer = browser.send("PUT", "/notices/webhook", {"url": url})
        assert answer.status_code == 400

    @pytest.mark.parametrize(
        ("address", "public"),
        [
            *((each, False) for each in ("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254")),
            *((each, False) for each in ("0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1")),  # noqa: S104
            *((each, False) for each in ("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1")),
            *((each, False) for each in ("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "nonsense", "")),
            *((each, True) for each in ("1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808")),
        ],
    )
    def test_what_is_public(self, address: str, *, public: bool) -> None:
        assert is_public(address) is public

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
    async def test_our_own_network_is_not_even_connected_to(self, host: str) -> None:
        from multidict import CIMultiDict
        from yarl import URL

        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0)
        client = UpstreamClient(allow_address=is_public)
        await client.start()
        try:
            url = URL(f"http://{host}:{listener.getsockname()[1]}/")
            with pytest.raises(UpstreamFault):
                await client.send(Target("webhook", url, CIMultiDict()), b"{}")
            with pytest.raises(BlockingIOError):
                listener.accept()
        finally:
            await client.close()
            listener.close()


class TestLetters:
    """What a mail is on the wire."""

    def test_headers_can_not_be_added_to(self) -> None:
        sender = Sender("modelport@here.test", "Model\r\nport")
        letter = Letter("o'neil@x.test", "Hello\r\nBcc: victim@x.test", "text", "<p>text</p>")
        with pytest.raises(ValueError, match=r"CR or LF|newline|parse|invalid"):
            message(letter, sender)
        made = message(letter, Sender("modelport@here.test", "Modelport"))
        assert made["Subject"] == "Hello Bcc: victim@x.test"
        assert made["Bcc"] is None
        assert [part.get_content_type() for part in made.iter_parts()] == ["text/plain", "text/html"]

    @pytest.mark.parametrize(
        ("url", "starts"),
        [
            ("smtp://user:pw@mail.test:587", True),
            ("smtp://user:pw@127.0.0.1:587", None),
            ("smtp://mail.test", None),
            ("smtps://user:pw@mail.test", False),
        ],
    )
    def test_a_password_never_goes_in_clear(self, url: str, *, starts: bool | None) -> None:
        assert Smtp(url, Sender("a@b.test", "A"))._start_tls is starts

    @pytest.mark.parametrize("url", ["http://mail.test", "mail.test", "smtp://"])
    def test_another_scheme_is_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match="SMTP URL"):
            Smtp(url, Sender("a@b.test", "A"))
