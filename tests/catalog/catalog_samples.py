"""Catalogues and a small server for the tests of this folder."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from modelport.catalog import tables
from modelport.catalog.document import Document
from modelport.catalog.routes import personal, router
from modelport.catalog.service import Catalog
from modelport.db.base import metadata
from modelport.db.database import Database
from modelport.errors import ModelportError
from modelport.keys.errors import KeyRefused
from modelport.kit.vault import Vault
from modelport.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from pathlib import Path

    from modelport.keys.live import LiveKey

MASTER = b"0123456789abcdef0123456789abcdef"

assert tables.providers.metadata is metadata

ACME: dict[str, Any] = {
    "slug": "acme",
    "name": "Acme",
    "base_url": "http://127.0.0.1:9/v1",
    "api_key": "sk-very-secret-1",
}
BOLT: dict[str, Any] = {
    "slug": "bolt",
    "name": "Bolt AI",
    "base_url": "https://bolt.test/v1",
    "api_key": "env:BOLT_KEY",
}


def endpoint(
    provider: str = "acme", prompt: str = "0.000001", completion: str = "0.000002", **more: Any
) -> dict[str, Any]:
    pricing = {"prompt": prompt, "completion": completion, **more.pop("pricing", {})}
    return {"provider": provider, "upstream_model": "up-1", "pricing": pricing, **more}


def model(model_id: str = "acme/one", *endpoints: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "name": f"Name of {model_id}",
        "created": 1_750_000_000,
        "context_length": 8192,
        "endpoints": list(endpoints or (endpoint(),)),
        **more,
    }


def document(*models: dict[str, Any], providers: tuple[dict[str, Any], ...] = (ACME,)) -> Document:
    return Document.model_validate({"providers": list(providers), "models": list(models)})


@asynccontextmanager
async def a_catalog(folder: Path, environ: Mapping[str, str] | None = None) -> AsyncGenerator[Catalog]:
    database = Database(None, folder / "catalog.db")
    await database.write(metadata.create_all)
    try:
        catalog = Catalog(database, Vault(MASTER), environ={} if environ is None else environ)
        await catalog.reload()
        yield catalog
    finally:
        await database.close()


class NoKeys:
    """Knows nobody."""

    async def authenticate(self, text: str) -> LiveKey:
        """Refuses everybody."""
        raise KeyRefused(f"{text!r} is no key here.")


@dataclass
class Services:
    """What the application offers its routes."""

    catalog: Catalog
    settings: Settings = field(default_factory=Settings)
    keys: NoKeys = field(default_factory=NoKeys)


def server(catalog: Catalog) -> httpx.AsyncClient:
    """A client of a server that offers this catalogue as the real one does."""
    app = FastAPI()
    app.router.routes.extend([*personal.routes, *router.routes])
    app.state.services = Services(catalog)

    async def render(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ModelportError)
        body = {"error": {"code": error.code, "message": error.message, "metadata": error.metadata}}
        return JSONResponse(body, error.code)

    app.add_exception_handler(ModelportError, render)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://catalog.test")
