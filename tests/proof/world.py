"""A world of real processes around one data directory: the scripted provider, the server, and what they left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import aiohttp
from sqlalchemy import text

from modelport.app import open_services
from modelport.catalog.document import Document
from modelport.db.database import Database
from modelport.kit.money import parse_price
from modelport.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

__all__ = ["MODELS", "Customer", "Price", "World", "free_port"]


class Price(NamedTuple):
    """What a model of the world costs, as the catalogue writes it."""

    prompt: str
    completion: str
    request: str = "0"

    def exact(self, prompt: int, completion: int) -> int:
        """The exact price of an answer in nano-dollars; every price here makes it a whole number."""
        product = parse_price(self.prompt) * prompt + parse_price(self.completion) * completion
        whole, rest = divmod(product + parse_price(self.request), 1_000_000)
        assert rest == 0, "the world's prices need no rounding"
        return whole


MODELS = {
    "fake/cheap": Price("0.000000150", "0.0000006"),
    "fake/dear": Price("0.000003", "0.000015", "0.0005"),
    "fake/fixed": Price("0", "0", "0.01"),
}


class Customer(NamedTuple):
    """An account with its key."""

    account_id: str
    key_id: str
    key: str


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class World:
    """Starts, kills and asks. On SQLite in `folder`, or on PostgreSQL at `database_url`."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=folder / "data", database_url=database_url, local_model=False, hold_seconds=5)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.provider_url = ""
        self.starts: list[float] = []
        """How long each start took, in seconds."""
        self.environment: dict[str, str] = {}
        """More of the server's settings, by their environment names."""
        self._provider: subprocess.Popen[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._others: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._provider = subprocess.Popen(
            [sys.executable, "-m", "modelport", "fake-provider", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self._provider.stdout is not None
        found = re.search(r"http://\S+/v1", self._provider.stdout.readline())
        assert found is not None
        self.provider_url = found[0]
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for place in range(len(self._others)):
            self.kill_another(place)
        if self._provider is not None:
            self._provider.terminate()
            self._provider.wait(20)
            assert self._provider.stdout is not None
            self._provider.stdout.close()

    async def furnish(self, grant: int, *, limit: int | None = None) -> Customer:
        """Puts the models into the catalogue and makes one customer with credits."""
        async with open_services(self.settings) as services:
            await services.catalog.apply(self._catalogue())
            user = await services.accounts.create_user(f"customer{time.time_ns()}@example.com")
            key, record = await services.keys.create(user.account_id, user.id, "key", limit=limit)
            if grant:
                await services.credits.grant(
                    user.account_id, grant, reference="gift", idempotency_key=f"gift/{user.id}"
                )
        return Customer(user.account_id, record.id, key)

    def _catalogue(self) -> Document:
        provider = {
            "slug": "fake",
            "name": "Fake",
            "base_url": self.provider_url,
            "timeouts": {"connect": 10, "first_byte": 60, "idle": 60, "total": 120},
        }
        models = [
            {
                "id": name,
                "name": name,
                "context_length": 8192,
                "endpoints": [{"provider": "fake", "upstream_model": "text", "pricing": price._asdict()}],
            }
            for name, price in MODELS.items()
        ]
        return Document.model_validate({"providers": [provider], "models": models})

    async def start(self) -> None:
        """Starts the server and waits until it is ready."""
        began = time.monotonic()
        self._server = await self._serve(self.port)
        self.starts.append(time.monotonic() - began)

    async def start_another(self) -> str:
        """One more server on the same database; its address."""
        port = free_port()
        self._others.append(await self._serve(port))
        return f"http://127.0.0.1:{port}"

    def kill_another(self, place: int) -> None:
        """`kill -9` for one of those."""
        self._others[place].kill()
        self._others[place].wait(20)

    async def _serve(self, port: int) -> subprocess.Popen[bytes]:
        began = time.monotonic()
        environment = {
            **os.environ,
            "MODELPORT_HOLD_SECONDS": "5",
            "MODELPORT_LEASE_SECONDS": "4",
            "MODELPORT_LOG_LEVEL": "error",
            "MODELPORT_KNOWN_MODELS": "false",  # nobody asks for them, and each start would look through them all
            **self.environment,
        }
        if self.settings.database_url:
            environment["MODELPORT_DATABASE_URL"] = self.settings.database_url
        with (self.folder / "server.log").open("ab") as log:
            server = subprocess.Popen(  # noqa: ASYNC220 (it must outlive this loop, and starts in a moment)
                [sys.executable, "-m", "modelport", "serve", "--host", "127.0.0.1", "--port", str(port),
                 "--data-dir", self.settings.data_dir, "--no-local-model"],
                stdout=log,
                stderr=log,
                env=environment,
            )  # fmt: skip
        async with aiohttp.ClientSession() as session:
            while True:
                assert server.poll() is None, self.log()
                assert time.monotonic() - began < 60, self.log()
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        if answer.status == 200:
                            return server
                await asyncio.sleep(0.05)

    def log(self) -> str:
        """The end of what the server said."""
        return (self.folder / "server.log").read_text(errors="replace")[-3000:]

    def kill(self) -> None:
        """`kill -9`."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(20)
            self._server = None

    def stop(self) -> int:
        """Ends the server as an operator does; returns what it ended with."""
        assert self._server is not None
        self._server.send_signal(signal.SIGTERM)
        code = self._server.wait(30)
        self._server = None
        return code

    async def provider_log(self) -> list[dict[str, Any]]:
        """Every chat request that the provider saw to its end."""
        async with aiohttp.ClientSession() as session, session.get(
            self.provider_url.removesuffix("/v1") + "/_fake/log"
        ) as answer:  # fmt: skip
            found: list[dict[str, Any]] = (await answer.json())["requests"]
            return found

    async def rows(self, statement: str, **values: Any) -> Sequence[Any]:
        """What a query gives."""
        async with self._database() as database:
            return await _rows(database, statement, **values)

    @contextlib.asynccontextmanager
    async def _database(self) -> AsyncGenerator[Database]:
        database = Database(self.settings.database_url, self.settings.sqlite_path)
        try:
            yield database
        finally:
            await database.close()

    async def settled(self, seconds: float) -> float:
        """Waits until no stream holds anything; returns how long that took."""
        began = time.monotonic()
        async with self._database() as database:
            while True:
                held = (await _rows(database, "SELECT count(*) AS n FROM holds"))[0].n
                if not held:
                    return time.monotonic() - began
                assert time.monotonic() - began < seconds, f"{held} holds are left"
                await asyncio.sleep(0.1)

    def check_ledger(self) -> dict[str, Any]:
        """What `modelport ledger check` says, by the real command."""
        environment = dict(os.environ)
        if self.settings.database_url:
            environment["MODELPORT_DATABASE_URL"] = self.settings.database_url
        done = subprocess.run(
            [sys.executable, "-m", "modelport", "ledger", "check", "--json", "--data-dir", self.settings.data_dir],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report


async def _rows(database: Database, statement: str, **values: Any) -> Sequence[Any]:
    return await database.read(lambda connection: connection.execute(text(statement), values).all())
