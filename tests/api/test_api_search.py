"""Web search: a provider's own, the operator's search service, or a refusal that names what is missing."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from api_harness import PRICING, Harness, catalogue

from modelport.catalog.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Caller

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
        self.status, self.body = 200, json.dumps({"query": "q", "results": FOUND}).encode()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.queries.append(parse_qs(urlsplit(self.path).query))
                self.send_response(service.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(service.body)))
                self.end_headers()
                self.wfile.write(service.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
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
    made = Harness(tmp_path_factory.mktemp("search"), search_url=service.url)
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
