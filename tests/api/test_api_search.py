"""Web search: a provider's own, the operator's search service, or a refusal that names what is missing.

Nobody is searched for, and no file is read, before limits and money are seen to.
"""

from __future__ import annotations

import io
import json
import threading
from base64 import b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from api_harness import PRICING, PROMPT_NANOS, Harness, catalogue, marker, until
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import text

from modelport.catalog.document import Document

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from api_harness import Caller
    from sqlalchemy import Connection

FOUND = [
    {"url": "https://example.org/a", "title": "A", "content": "alpha"},
    {"url": "https://news.example.com/b", "title": "B", "content": "beta"},
    {"url": "javascript:alert(1)", "title": "bad", "content": ""},
    {"url": "https://other.test/c", "title": "C", "content": None},
]


class Service:
    """A search service that answers as SearXNG does."""

    def __init__(self) -> None:
        self.queries: list[dict[str, list[str]]] = []
        self.open = threading.Event()
        """Whether it answers; till then it lets people wait."""
        self.open.set()
        self.status, self.body = 200, json.dumps({"query": "q", "results": FOUND}).encode()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.queries.append(parse_qs(urlsplit(self.path).query))
                service.open.wait(30)
                self.send_response(service.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(service.body)))
                self.end_headers()
                self.wfile.write(service.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
                """Says nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """Says nothing of those who left."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/search?language=en"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def searching(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    made = Harness(tmp_path_factory.mktemp("search"), search_url=service.url, search_cost="0.004")
    document = catalogue(made.fake_port)
    for name, more in (("paid", {"pricing": {**PRICING, "web_search": "0.01"}}), ("native", {})):
        parameters = {"supported_parameters": ["max_tokens", "web_search_options"]} if name == "native" else {}
        endpoint: dict[str, Any] = {
            "provider": "fake",
            "upstream_model": "text",
            "pricing": PRICING,
            **more,
            **parameters,
        }
        document["models"].append(
            {"id": f"fake/{name}", "name": name, "context_length": 8192, "created": 1, "endpoints": [endpoint]}
        )
    made.call(made.services.catalog.apply(Document.model_validate(document)))
    yield made
    made.stop(within=1)


@pytest.fixture
def asker(searching: Harness, service: Service) -> Iterator[Caller]:
    service.queries.clear()
    yield searching.caller()
    searching.check()


def sent(answer: Any) -> dict[str, Any]:
    """What the provider was sent."""
    return json.loads(answer.text)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_what_is_found_is_told_and_cited(asker: Caller, service: Service, *, stream: bool) -> None:
    answer = asker.chat("fake: text=@body", model="fake/paid:online", stream=stream)
    assert answer.status == 200, answer.content
    assert service.queries == [{"language": ["en"], "q": ["fake: text=@body"], "format": ["json"]}]
    body = sent(answer)
    assert [each["role"] for each in body["messages"]] == ["system", "user"]
    told = body["messages"][0]["content"]
    assert "[A](https://example.org/a)\nalpha" in told
    assert "javascript" not in told
    assert "plugins" not in body
    where = answer.events[0]["choices"][0]["delta"] if stream else answer.json["choices"][0]["message"]
    cited = [each["url_citation"]["url"] for each in where["annotations"]]
    assert cited == ["https://example.org/a", "https://news.example.com/b", "https://other.test/c"]
    shown = asker.get(f"/generation?id={answer.id}").json()["data"]
    assert (shown["num_search_results"], shown["web_search_engine"]) == (1, "searxng")
    lines = asker.get(f"/generation/cost?id={answer.id}").json()["data"]["lines"]
    assert {each["component"]: each["amount"] for each in lines}["web_search"] == "0.01"
    assert asker.used > 10_000_000


def test_as_many_of_such_domains(asker: Caller, service: Service) -> None:
    def urls(**web: object) -> list[str]:
        message = asker.chat("x", plugins=[{"id": "web", **web}]).json["choices"][0]["message"]
        return [each["url_citation"]["title"] for each in message.get("annotations", [])]

    assert urls(max_results=1) == ["A"]
    assert urls(include_domains=["example.com", "other.test/c*"]) == ["B", "C"]
    assert urls(exclude_domains=["*.com", "example.org/a"]) == ["C"]
    assert urls(include_domains=["nowhere.test"]) == []
    assert len(service.queries) == 4
    assert urls(enabled=False) == []
    assert len(service.queries) == 4, "switched off"


def test_a_provider_s_own_search_goes_first(asker: Caller, service: Service) -> None:
    body = sent(asker.chat("fake: text=@body", model="fake/native:online"))
    assert (body["web_search_options"], "plugins" in body) == ({}, False)
    assert service.queries == []
    other = sent(asker.chat("fake: text=@body", model="fake/native", plugins=[{"id": "web", "engine": "exa"}]))
    assert "web_search_options" not in other
    assert len(service.queries) == 1


def test_a_service_that_fails(asker: Caller, service: Service) -> None:
    for status, body in ((500, b"{}"), (200, b"<html>"), (200, b"[]")):
        before, service.status, service.body = service.body, status, body
        answer = asker.chat("x", model="fake/text:online")
        service.status, service.body = 200, before
        assert (answer.status, asker.used) == (503, 0)
        assert "search" in answer.error["message"]


def test_without_any_the_refusal_names_what_to_set_up(caller: Caller) -> None:
    refused = caller.chat("x", model="fake/text:online")
    assert (refused.status, "MODELPORT_SEARCH_URL" in refused.error["message"]) == (400, True)
    assert caller.used == 0


def test_at_other_doors(asker: Caller, service: Service) -> None:
    said = {
        "model": "fake/text:online",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "fake: text=@body"}],
    }
    answer = asker.harness.http.post("/api/v1/messages", json=said, headers=asker.headers)
    assert answer.status_code == 200, answer.text
    assert "https://example.org/a" in answer.json()["content"][0]["text"]
    said = {"model": "fake/text:online", "input": "fake: text=@body"}
    answer = asker.harness.http.post("/api/v1/responses", json=said, headers=asker.headers)
    assert "https://example.org/a" in json.dumps(answer.json()["output"])
    assert [each["q"] for each in service.queries] == [["fake: text=@body"]] * 2
    said = {"model": "fake/native:online", "input": "fake: text=@body"}
    answer = asker.harness.http.post("/api/v1/responses", json=said, headers=asker.headers)
    assert "https://example.org/a" in json.dumps(answer.json()["output"]), "never nothing in silence"


def test_a_search_is_set_aside_before_a_provider_is_called(searching: Harness, asker: Caller) -> None:
    poor = searching.caller("0.009")
    assert poor.chat("fake: text=hi", model="fake/paid", max_tokens=10).status == 200
    answer = poor.chat("fake: text=hi", model="fake/paid:online", max_tokens=10)
    assert answer.status == 402, answer.content
    assert float(answer.json["error"]["metadata"]["estimated_cost"]) > 0.01


SEARCH_NANOS = 10_000_000
"""What a search is charged with `fake/paid`."""
COST_NANOS = 4_000_000
"""What it costs the operator."""


def owed(harness: Harness) -> int:
    """What the operator owes for searches, by the ledger."""

    def look(connection: Connection) -> int:
        query = (
            "SELECT credits_posted FROM balances JOIN ledger_accounts ON id = account "
            "WHERE kind = 'provider' AND owner = 'search'"
        )
        return connection.execute(text(query)).scalar() or 0

    return harness.call(harness.services.database.read(look))


def held(caller: Caller) -> int:
    """What is set aside of the account."""
    return caller.harness.services.credits._purses[caller.account_id].held


@contextmanager
def searched_for(caller: Caller, service: Service, **fields: Any) -> Generator[threading.Thread]:
    """A request that waits for the search service until the block ends."""
    service.open.clear()
    asking = threading.Thread(target=caller.chat, args=("fake: text=hi", "fake/paid:online"), kwargs=fields)
    try:
        asking.start()
        until(lambda: service.queries)
        yield asking
    finally:
        service.open.set()
        asking.join(30)


class TestWhoMayNot:
    """A key that may not be served makes nobody work."""

    def test_nobody_searches_before_the_refusal(self, searching: Harness, asker: Caller, service: Service) -> None:
        online = "fake/paid:online"
        assert searching.caller("0").chat("x", online).status == 402
        assert searching.caller("0.009").chat("x", online, max_tokens=5).status == 402, "not enough for the search"
        assert searching.caller(limit="0.001").chat("x", online, max_tokens=5).status == 402
        assert searching.caller(models=("fake/text",)).chat("x", online).status == 404
        gone = searching.caller()
        searching.call(searching.services.keys.update(gone.key_hash, disabled=True))
        assert gone.chat("x", online).status == 401
        searching.call(searching.services.keys.update(asker.key_hash, expires_at=1))
        assert asker.chat("x", online).status == 401
        assert service.queries == []

    def test_nor_for_who_asks_too_often(self, searching: Harness, service: Service) -> None:
        service.queries.clear()
        hasty = searching.caller(requests_per_minute=1)
        assert [hasty.chat("x", "fake/paid:online").status for _ in range(3)] == [200, 429, 429]
        assert len(service.queries) == 1

    def test_no_file_is_read_either(self, searching: Harness, asker: Caller) -> None:
        broken = {"type": "file", "file": {"filename": "a.pdf", "file_data": "JVBERi0xLjc="}}
        messages = [{"role": "user", "content": [broken]}]
        assert searching.caller("0").chat(messages=messages).status == 402
        answer = asker.chat(messages=messages)
        assert (answer.status, "a.pdf" in answer.error["message"]) == (400, True)
        row = asker.generation(answer.id)
        assert (row.status, row.error_type, row.cost) == ("error", answer.error["metadata"]["error_type"], 0)


class TestMoney:
    """What a search is charged, what it costs, and who pays when nothing comes of it."""

    def test_the_hold_has_room_for_what_is_found(self, searching: Harness, asker: Caller, service: Service) -> None:
        long = [{"url": f"https://example.org/{n}", "title": "T", "content": "word " * 400} for n in range(5)]
        before, service.body = service.body, json.dumps({"results": long}).encode()
        body = asker.body("fake: fail=stall at=3 tokens=9", "fake/paid:online", stream=True, max_tokens=9)
        try:
            with searching.http.stream("POST", "/api/v1/chat/completions", json=body, headers=asker.headers) as answer:
                next(line for line in answer.iter_lines() if line.startswith("data:"))  # behind comments while it waits
                query = text("SELECT amount FROM holds WHERE account_id = :account_id")
                amount = searching.call(
                    searching.services.database.read(
                        lambda connection: connection.execute(query, {"account_id": asker.account_id}).scalar_one()
                    )
                )
        finally:
            service.body = before
        assert amount > SEARCH_NANOS + 2_000 * PROMPT_NANOS, "five texts of 400 words"

    def test_more_than_there_is_money_for_is_refused_before_a_provider_is_called(
        self, searching: Harness, service: Service
    ) -> None:
        # Characters in no order of a language: about as many tokens.
        found = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(2_000))
        results = [{"url": f"https://example.org/{number}", "content": found} for number in range(5)]
        before, service.body = service.body, json.dumps({"results": results}).encode()
        service.queries.clear()
        mark, owing = marker(), owed(searching)
        poor = searching.caller("0.015")
        answer = poor.chat(f"fake: marker={mark}", "fake/paid:online", max_tokens=10)
        service.body = before
        assert (answer.status, len(service.queries)) == (402, 1)
        assert searching.records(mark) == []
        assert float(answer.error["metadata"]["estimated_cost"]) > 0.015
        row = poor.generation(answer.id)
        assert (row.status, row.cost, row.web_searches, row.wasted_cost) == ("error", 0, 0, COST_NANOS)
        assert (poor.used, owed(searching) - owing) == (0, COST_NANOS)
        assert poor.chat(f"fake: marker={mark}", "fake/paid:online", max_tokens=10).status == 200, "nothing is held"

    def test_a_failed_answer_is_free_and_its_search_a_cost(self, searching: Harness, asker: Caller) -> None:
        owing = owed(searching)
        answer = asker.chat("fake: fail=status status=400", "fake/paid:online")
        assert (answer.status, asker.used) == (400, 0)
        assert asker.generation(answer.id).wasted_cost == COST_NANOS
        answer = asker.chat("fake: text=hi", "fake/paid:online")
        row = asker.generation(answer.id)
        assert (row.web_searches, row.wasted_cost) == (1, COST_NANOS)
        assert asker.used == row.cost > SEARCH_NANOS
        until(lambda: owed(searching) - owing == 2 * COST_NANOS)

    def test_who_leaves_meanwhile_holds_nothing_any_more(
        self, searching: Harness, asker: Caller, service: Service
    ) -> None:
        service.open.clear()
        try:
            with pytest.raises(httpx.ReadTimeout):
                searching.http.post(
                    "/api/v1/chat/completions",
                    json=asker.body("fake: text=hi", "fake/paid:online"),
                    headers=asker.headers,
                    timeout=httpx.Timeout(30, read=0.2),
                )
            searching.check()
        finally:
            service.open.set()
        assert (held(asker), asker.used, len(service.queries)) == (0, 0, 1)

    def test_a_crash_meanwhile_leaves_nothing_behind(self, searching: Harness, asker: Caller, service: Service) -> None:
        with searched_for(asker, service):
            assert held(asker) > SEARCH_NANOS
            # What is on disk now is all that the next server would find.
            report = searching.call(searching.services.credits.check())
            assert (report.fault, report.open_holds, asker.used) == (None, 0, 0)


def test_a_provider_s_search_tool_is_set_aside_for(searching: Harness, asker: Caller) -> None:
    poor = searching.caller("0.045")
    tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 4}]
    body = {**asker.body("hi", "fake/paid", max_tokens=10), "tools": tools}
    answer = poor.post(json.dumps(body).encode(), path="/api/v1/messages")
    assert answer.status != 402, answer.content
    tools[0]["max_uses"] = 5
    answer = poor.post(json.dumps(body).encode(), path="/api/v1/messages")
    assert (answer.status, poor.used) == (402, 0), answer.content


def test_who_has_a_key_of_their_own_pays_for_the_operator_s_search(
    searching: Harness, asker: Caller, service: Service
) -> None:
    def with_own_key(usd: str) -> Caller:
        made = searching.caller(usd)

        async def add() -> None:
            live = await searching.services.keys.authenticate(made.key)
            home = await searching.services.workspaces.default(made.account_id)
            await searching.services.own_keys.create(
                made.account_id, live.record.user_id, home.id, "fake", {"key": "sk-own-key"}
            )

        searching.call(add())
        return made

    poor, rich = with_own_key("0"), with_own_key("1")
    assert poor.chat("fake: text=hi", "fake/paid").status == 200, "within what is free of a fee"
    assert poor.chat("fake: text=hi", "fake/paid:online").status == 402
    assert service.queries == []
    answer = rich.chat("fake: text=hi", "fake/paid:online")
    assert (answer.status, rich.used) == (200, SEARCH_NANOS), answer.content


def test_a_file_s_text_is_screened_and_its_request_on_record_once(asker: Caller) -> None:
    async def forbid() -> None:
        services = asker.harness.services
        rules = {"content_filters": [{"pattern": "Turnover", "action": "block", "label": "BOOKS"}]}
        made = await services.guardrails.create(asker.account_id, None, {"name": "g", **rules})
        live = await services.keys.authenticate(asker.key)
        await services.guardrails.assign(asker.account_id, made.id, "key", [live.record.id], by=None)

    asker.harness.call(forbid())
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.drawString(72, 700, "Turnover was 42.")
    canvas.save()
    data = "data:application/pdf;base64," + b64encode(file.getvalue()).decode()
    mark = marker()
    content = [
        {"type": "text", "text": f"fake: marker={mark}"},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": data}},
    ]
    answer = asker.chat(messages=[{"role": "user", "content": content}])
    assert (answer.status, "BOOKS" in answer.error["message"]) == (403, True)
    row = asker.generation(answer.id)
    assert (row.status, row.error_type, row.cost) == ("error", "permission_denied", 0)
    assert json.loads(row.trace)["guardrails"]["events"][0]["label"] == "BOOKS"
    assert asker.harness.records(mark) == []
