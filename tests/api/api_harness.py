"""The real thing for tests: server, database, catalogue and scripted provider in a thread, and a caller of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import uvloop
from sqlalchemy import text

from db.database_places import template_file
from modelport.accounts.sessions import start_session
from modelport.app import serving
from modelport.catalog.document import Document
from modelport.gateway.server import make_server
from modelport.keys.access import APP_HEADER
from modelport.keys.service import Bounds
from modelport.kit.money import parse_usd
from modelport.providers.fake import FakeProvider
from modelport.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from modelport.credits.check import Report
    from modelport.credits.service import Purse
    from modelport.gateway.server import Server
    from modelport.gateway.services import Services
    from modelport.kit.meter import OwnMeter
    from modelport.providers.fake import Record
    from modelport.usage.generation import Generation

T = TypeVar("T")

PROMPT_NANOS = 1_000
"""What a prompt token of `fake/text` costs in nano-dollars."""
COMPLETION_NANOS = 2_000
PRICING = {"prompt": "0.000001", "completion": "0.000002"}
FREE = {"prompt": "0", "completion": "0"}
_numbers = itertools.count(1)


def marker() -> str:
    """A word that tells one request from all others in the provider's log."""
    return f"m{next(_numbers)}"


def until(found: Callable[[], T | None], seconds: float = 10.0) -> T:
    """What `found` gives as soon as it gives something; fails after a generous time."""
    ends = time.monotonic() + seconds
    while True:
        if value := found():
            return value
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.01)


def catalogue(port: int) -> dict[str, Any]:
    """Providers and models; all but `dead` are the scripted provider on `port`."""
    url = f"http://127.0.0.1:{port}/v1"
    patient = {"connect": 5, "first_byte": 30, "idle": 30, "total": 60}
    hasty = {"connect": 5, "first_byte": 0.4, "idle": 0.4, "total": 30}
    brief = {"connect": 5, "first_byte": 30, "idle": 30, "total": 0.5}

    def provider(slug: str, **more: Any) -> dict[str, Any]:
        return {"slug": slug, "name": slug.title(), "base_url": url, "timeouts": patient, **more}

    def endpoint(provider: str, upstream_model: str, **more: Any) -> dict[str, Any]:
        return {"provider": provider, "upstream_model": upstream_model, "pricing": PRICING, **more}

    def model(name: str, *endpoints: dict[str, Any], **more: Any) -> dict[str, Any]:
        card = {"id": f"fake/{name}", "name": name, "context_length": 8192, "created": 1_750_000_000}
        parameters = ["max_tokens", "temperature", "tools", "stop", "seed"]
        return {**card, "supported_parameters": parameters, "endpoints": list(endpoints), **more}

    return {
        "providers": [
            provider("fake"),
            provider("alpha"),
            provider("beta"),
            provider("gamma"),
            provider("hasty", timeouts=hasty),
            provider("brief", timeouts=brief),
            provider("lazy", always_stream=True),
            provider("narrow", max_concurrency=1, timeouts={**patient, "connect": 0.3}),
            provider("keyed", api_key="fake-key"),
            provider("unkeyed", api_key="sk-upstream-wrong"),
            provider("renamer", renames={"max_completion_tokens": "max_tokens"}, drops=["logit_bias"]),
            provider("dead", base_url="http://127.0.0.1:9/v1"),
        ],
        "models": [
            model("text", endpoint("fake", "text"), aliases=["fake/alias"]),
            model("free:free", endpoint("fake", "text", pricing=FREE)),
            model("wide:free", endpoint("fake", "text", pricing=FREE), context_length=10_000_000),
            model("hasty", endpoint("hasty", "text")),
            model("brief", endpoint("brief", "text")),
            model("lazy", endpoint("lazy", "text")),
            model("narrow", endpoint("narrow", "text")),
            model("keyed", endpoint("keyed", "locked")),
            model("unkeyed", endpoint("unkeyed", "locked")),
            model("renamer", endpoint("renamer", "text")),
            model("dead", endpoint("dead", "text")),
            model("plain", endpoint("fake", "text", supported_parameters=["max_tokens"])),
            model("short", endpoint("fake", "text", max_completion_tokens=50)),
            model("pictures", endpoint("fake", "text", pricing={**PRICING, "image": "0.01"})),
            model("vectors", endpoint("fake", "text"), architecture={"output_modalities": ["embeddings"]}),
            model("ranks", endpoint("fake", "text"), architecture={"output_modalities": ["rerank"]}),
            model("nowhere"),
            # Three providers of one model; what each does stands in its upstream model's script.
            model(
                "multi",
                endpoint("alpha", "text?text=one"),
                endpoint("beta", "text?text=two", pricing={"prompt": "0.000002", "completion": "0.000004"}),
                endpoint("gamma", "text?text=three", pricing={"prompt": "0.000003", "completion": "0.000006"}),
            ),
            model(
                "shaky",
                endpoint("alpha", "text?fail=status&status=500"),
                endpoint("beta", "text?fail=reset"),
                endpoint("gamma", "text?text=saved"),
            ),
            # Its first provider breaks off in the middle of the answer.
            model(
                "torn",
                endpoint("alpha", "text?fail=reset&at=4&text=one two three four five six"),
                endpoint("beta", "text?text=@body"),
            ),
            model(
                "doomed",
                endpoint("alpha", "text?fail=status&status=500"),
                endpoint("beta", "text?fail=status&status=503"),
            ),
            model(
                "cached",
                endpoint("alpha", "text"),
                endpoint("beta", "text", pricing={**PRICING, "prompt": "0.0000012", "input_cache_read": "0.0000001"}),
            ),
            model("fallen", endpoint("alpha", "text?fail=status&status=500")),
            model("silent", endpoint("alpha", "text?fail=stall")),
        ],
    }


class Harness:
    """A running server; `call` runs a coroutine where it runs."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        settings.setdefault("local_model", False)
        self.settings = Settings(data_dir=folder, **settings)
        path = self.settings.sqlite_path
        if self.settings.database_url is None and not path.exists():
            # As a first start would make it; what migrations do has tests of its own.
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(template_file(), path)
        self._wanted = int(settings.get("port", 0))
        """Any port that is free, unless a test must know it before."""
        self.fake = FakeProvider()
        self.fake_port = 0
        self.port = 0
        self._lost = 0
        """Durable holds that were left behind, and told of."""
        self._failure: BaseException | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="harness", daemon=True)
        self._thread.start()
        assert self._begun.wait(30), "the server did not start"
        if self._failure is not None:
            raise self._failure
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.url, timeout=30)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 (handed to the test's thread)
            self._failure = error
        finally:
            self._begun.set()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.fake_port = await self.fake.start()
        async with serving(self.settings) as (app, services):
            self.services: Services = services
            await services.catalog.apply(Document.model_validate(catalogue(self.fake_port)))
            self.server: Server = make_server(app, "127.0.0.1", self._wanted, self._ready)
            await self.server.serve()
        await self.fake.stop()

    def _ready(self, port: int) -> None:
        self.port = port
        self._begun.set()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, run on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def stop(self, *, within: float | None = None) -> None:
        """Tells the server to stop, as a signal does; running streams get `within` seconds."""
        self.http.close()
        if within is not None:
            self.server.config.timeout_graceful_shutdown = within  # type: ignore[assignment]
        self.server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive(), "the server does not stop"
        if self._failure is not None:
            raise self._failure

    def caller(self, usd: str = "1", *, limit: str | None = None, **bounds: Any) -> Caller:
        """A new user with an account, credits and a key."""

        async def make() -> Caller:
            services = self.services
            user = await services.accounts.create_user(f"u{next(_numbers)}@example.test", is_admin=False)
            amount = None if limit is None else parse_usd(limit)
            text, key = await services.keys.create(
                user.account_id, user.id, "test", limit=amount, bounds=Bounds(**bounds)
            )
            if parse_usd(usd):
                await services.credits.grant(user.account_id, parse_usd(usd), reference="t", idempotency_key=user.id)
            return Caller(self, user.email, user.account_id, text, key.hash)

        return self.call(make())

    def browser(self, email: str, *, is_operator: bool = False) -> httpx.Client:
        """Somebody new who is signed in; to be closed by the test."""

        async def sign_in() -> str:
            services = self.services
            user = await services.accounts.create_user(email, is_admin=is_operator)
            token, _ = await services.database.write(
                lambda connection: start_session(
                    connection,
                    services.keys._vault,
                    user_id=user.id,
                    account_id=user.account_id,
                    method="password",
                    lifetime_ms=3_600_000,
                    address=None,
                    user_agent=None,
                )
            )
            return token

        headers = {"cookie": f"modelport={self.call(sign_in())}", APP_HEADER: "1"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def records(self, mark: str) -> list[Record]:
        """The provider's log of the requests that carry `mark`."""
        return [record for record in list(self.fake.records) if record.marker == mark]

    def record(self, mark: str) -> Record:
        """The provider's log line of the one request that carries `mark`, once it has ended."""
        found = until(lambda: self.records(mark))
        assert len(found) == 1
        return found[0]

    def check(self) -> None:
        """Nothing is held any more, and the ledger is green."""
        left = None
        try:
            until(lambda: not self._held() or None, 5)
            report = until(self._report_without_holds, 5)
            left = report.open_holds
        finally:
            # One leak is told once, not by every test that follows.
            for each in self._held():
                each.held = 0
            self._lost = self.call(self.services.credits.check()).open_holds if left is None else left
        assert report.fault is None, report.fault

    def _held(self) -> list[Purse | OwnMeter]:
        services = self.services
        budgets = services.budgets._live.values()
        everything = [*services.credits._purses.values(), *services.keys._live.values(), *budgets]
        return [each for each in everything if each.held]

    def _report_without_holds(self) -> Report | None:
        # The whole ledger is read once they are gone, not whenever we look.
        if self.call(self.services.database.read(_open_holds)) > self._lost:
            return None
        report = self.call(self.services.credits.check())
        return report if report.open_holds <= self._lost else None


def _open_holds(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM holds")).scalar_one())


@dataclass
class Answer:
    """What a caller got."""

    status: int
    headers: httpx.Headers
    content: bytes
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Every `data:` line but `[DONE]`."""
    comments: list[str] = field(default_factory=list[str])
    done: bool = False

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.content)
        return value

    @property
    def id(self) -> str:
        return self.headers["x-generation-id"]

    @property
    def error(self) -> dict[str, Any]:
        """The error, from the body or from the stream's last event."""
        return self.events[-1]["error"] if self.events else self.json["error"]

    @property
    def text(self) -> str:
        if not self.events:
            return self.json["choices"][0]["message"]["content"]
        return "".join(event["choices"][0]["delta"].get("content") or "" for event in self.events)

    @property
    def usage(self) -> dict[str, Any]:
        if not self.events:
            return self.json["usage"]
        (usage,) = [event["usage"] for event in self.events if "usage" in event]
        return usage


def read_answer(response: httpx.Response, content: bytes) -> Answer:
    """An answer from bytes, its events taken apart."""
    answer = Answer(response.status_code, response.headers, content)
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        for block in content.decode().split("\n\n"):
            if block.startswith(":"):
                answer.comments.append(block)
            elif block == "data: [DONE]":
                answer.done = True
            elif block:
                assert block.startswith("data: "), block
                assert not answer.done, "something follows [DONE]"
                answer.events.append(json.loads(block.removeprefix("data: ")))
    return answer


@dataclass
class Caller:
    """Somebody with a key."""

    harness: Harness
    email: str
    account_id: str
    key: str
    key_hash: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def body(self, content: str = "hello", model: str = "fake/text", **fields: Any) -> dict[str, Any]:
        """A chat request's body."""
        return {"model": model, "messages": [{"role": "user", "content": content}], **fields}

    def chat(
        self, content: str = "hello", model: str = "fake/text", headers: Mapping[str, str] | None = None, **fields: Any
    ) -> Answer:
        """A chat request, whole."""
        return self.post(json.dumps(self.body(content, model, **fields)).encode(), headers)

    def post(
        self, body: bytes, headers: Mapping[str, str] | None = None, path: str = "/api/v1/chat/completions"
    ) -> Answer:
        """Any bytes as a chat request."""
        sent = {"content-type": "application/json", **self.headers, **(headers or {})}
        response = self.harness.http.post(path, content=body, headers=sent)
        return read_answer(response, response.content)

    def get(self, path: str) -> httpx.Response:
        """A GET of the API."""
        return self.harness.http.get("/api/v1" + path, headers=self.headers)

    def generation(self, generation_id: str) -> Generation:
        """The stored row, waited for: nobody waits for a failure's row to be on disk."""
        harness = self.harness

        def look() -> Generation | None:
            from modelport.usage.errors import NoSuchGeneration

            try:
                return harness.call(harness.services.usage.generation(generation_id, self.account_id))
            except NoSuchGeneration:
                return None

        return until(look)

    def totals(self) -> tuple[int, int]:
        """What the account ever got and used, in nano-dollars, from the ledger."""
        granted, used = self.harness.call(self.harness.services.credits.totals(self.account_id))
        return granted, used

    @property
    def used(self) -> int:
        return self.totals()[1]


def nanos(usage: Mapping[str, Any]) -> int:
    """What `usage` costs at the price of `fake/text`."""
    return usage["prompt_tokens"] * PROMPT_NANOS + usage["completion_tokens"] * COMPLETION_NANOS
