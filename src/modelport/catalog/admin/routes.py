"""`/api/admin/catalog/...`: providers, keys, models, prices, sync and import, for operators of this server."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from modelport.catalog import writing
from modelport.catalog.admin import editing, schemas
from modelport.catalog.applying import Applied
from modelport.catalog.errors import CannotAsk, KeyNotTaken, NoSuchProvider
from modelport.catalog.imports.litellm import read_litellm
from modelport.catalog.imports.openrouter import read_openrouter
from modelport.catalog.imports.plan import Plan, Unreadable
from modelport.catalog.imports.taking import Importing, Taken
from modelport.catalog.routes import TheCatalog
from modelport.catalog.sync import Activated, Proposal, Sync
from modelport.errors import BadRequest, NotFound
from modelport.keys.access import Permission, allow
from modelport.kit import clock

__all__ = ["router"]

router = APIRouter(
    prefix="/api/admin/catalog", tags=["Catalogue (operators)"], dependencies=[Depends(allow(Permission.OPERATE))]
)

_READERS = {"litellm": read_litellm, "openrouter": read_openrouter}
"""Kinds that come as a text. A database's address is for the command line: whoever is there may read files anyway."""


def the_sync(request: Request) -> Sync:
    """What brings things in from outside."""
    return request.app.state.services.sync


TheSync = Annotated[Sync, Depends(the_sync)]


@router.get("", response_class=Response)
async def export_catalogue(request: Request, catalog: TheCatalog) -> Response:
    """The catalogue as a file that applies back: what operators keep, with `all=true` also what is synced.

    As JSON where `Accept` asks for it, as YAML otherwise. Secrets are left out.
    """
    document = await catalog.export(everything=request.query_params.get("all") == "true")
    if "json" in request.headers.get("accept", ""):
        return Response(writing.to_json(document), media_type="application/json")
    return Response(writing.to_yaml(document), media_type="application/yaml")


@router.post("/preview", response_model=schemas.AppliedAnswer)
async def preview(request: Request, catalog: TheCatalog) -> dict[str, Any]:
    """What applying a catalogue file (the body, YAML or JSON) would change, and the token for just that."""
    document = await editing.read(catalog, await _text(request))
    return _applied(await catalog.preview(document), done=False)


@router.post("/apply", response_model=schemas.AppliedAnswer)
async def apply(request: Request, catalog: TheCatalog) -> dict[str, Any]:
    """Applies a catalogue file; with `token` in the query only if it still changes what was shown."""
    document = await editing.read(catalog, await _text(request))
    return _applied(await catalog.apply(document, only=request.query_params.get("token")), done=True)


@router.get("/providers", response_model=schemas.ProvidersAnswer)
async def list_providers(catalog: TheCatalog) -> dict[str, Any]:
    """Every provider: those that can be called first, then those that need something."""
    whole = await catalog.whole()
    return {"data": editing.provider_states(whole, [*await catalog.known_providers()])}


@router.get("/providers/{slug}")
async def get_provider(slug: str, catalog: TheCatalog) -> Response:
    """A provider as a catalogue file says it."""
    return _item(await editing.provider(catalog, slug))


@router.put("/providers/{slug}", response_model=schemas.AppliedAnswer)
async def put_provider(slug: str, request: Request, catalog: TheCatalog) -> dict[str, Any]:
    """Adds a provider or puts another in its place; `If-Match` makes sure of which one.

    A key that is named as the export names it stays as it is.
    """
    try:
        current = await editing.provider(catalog, slug)
    except NoSuchProvider:
        current = None
    document = await editing.read(catalog, _wrapped("provider", "slug", slug, await _text(request)))
    return _applied(await editing.change(catalog, document, current, request.headers.get("if-match")), done=True)


@router.post("/providers/{slug}/key", response_model=schemas.ProviderKeyAnswer)
async def add_key(slug: str, given: schemas.KeyRequest, sync: TheSync) -> dict[str, Any]:
    """Takes a provider's key: tries it, seals it, and makes the provider's models callable."""
    done = await sync.add_provider_key(
        slug,
        given.key.get_secret_value().strip(),
        name=given.name,
        options=given.options,
        unverified=given.unverified,
        free=given.free,
    )
    return _activated(done)


@router.post("/providers/{slug}/keys/{name}/test")
async def try_key(slug: str, name: str, sync: TheSync) -> schemas.KeyTried:
    """Shows the provider one of its keys, now. Changes nothing."""
    begun = clock.monotonic()
    verdict: Literal["works", "refused", "unknown"] = "works"
    fault: KeyNotTaken | CannotAsk | None = None
    try:
        await sync.try_key(slug, name)
    except KeyNotTaken as error:
        verdict, fault = "refused", error
    except CannotAsk as error:
        verdict, fault = "unknown", error
    took = round((clock.monotonic() - begun) * 1000)
    return schemas.KeyTried(
        verdict=verdict,
        message=None if fault is None else fault.message,
        metadata=None if fault is None else fault.facts,
        milliseconds=took,
    )


@router.delete("/providers/{slug}/key")
async def remove_keys(slug: str, catalog: TheCatalog) -> dict[str, list[str]]:
    """Forgets a provider's keys: its models can't be called any more, and nothing else is lost."""
    return {"removed": await catalog.remove_keys(slug)}


@router.get("/models/{author}/{slug}")
async def get_model(author: str, slug: str, catalog: TheCatalog) -> Response:
    """A model as a catalogue file says it, with every endpoint."""
    return _item(await editing.model(catalog, f"{author}/{slug}"))


@router.put("/models/{author}/{slug}", response_model=schemas.AppliedAnswer)
async def put_model(author: str, slug: str, request: Request, catalog: TheCatalog) -> dict[str, Any]:
    """Adds a model or puts another in its place, endpoints and prices included; `If-Match` makes sure of which one."""
    model_id = f"{author}/{slug}"
    known = {row["id"] for row in (await catalog.loaded()).models}
    current = await editing.model(catalog, model_id) if model_id in known else None
    document = await editing.read(catalog, _wrapped("model", "id", model_id, await _text(request)))
    return _applied(await editing.change(catalog, document, current, request.headers.get("if-match")), done=True)


@router.get("/models/{author}/{slug}/prices", response_model=schemas.PricesAnswer)
async def list_prices(author: str, slug: str, catalog: TheCatalog) -> dict[str, Any]:
    """Every price that the model's endpoints ever had."""
    return {"data": await editing.price_history(catalog, f"{author}/{slug}")}


@router.post("/sync/{source}/preview", response_model=schemas.ProposalAnswer)
async def propose(source: str, sync: TheSync, given: schemas.TakeRequest | None = None) -> dict[str, Any]:
    """What `packages`, or the provider of that slug, would change; nothing is written."""
    return _proposal(await sync.propose(source, free=given.free if given is not None else False), done=False)


@router.post("/sync/{source}/apply", response_model=schemas.ProposalAnswer)
async def take(source: str, given: schemas.TakeRequest, sync: TheSync) -> dict[str, Any]:
    """Applies what a source would change; with the token of a proposal only if it is still the same."""
    return _proposal(await sync.take(source, given.token, free=given.free, only=given.only), done=True)


@router.post("/import/{kind}/preview", response_model=schemas.ImportAnswer)
async def preview_import(kind: str, request: Request) -> dict[str, Any]:
    """What a LiteLLM configuration, or OpenRouter's list of models (the body), would change."""
    importing, plan = await _plan(kind, request)
    return _imported(await importing.preview(plan), done=False)


@router.post("/import/{kind}/apply", response_model=schemas.ImportAnswer)
async def apply_import(kind: str, request: Request) -> dict[str, Any]:
    """Brings it in; with `token` in the query only if it still changes what was shown."""
    importing, plan = await _plan(kind, request)
    return _imported(await importing.take(plan, token=request.query_params.get("token")), done=True)


async def _plan(kind: str, request: Request) -> tuple[Importing, Plan]:
    if kind not in _READERS:
        raise NotFound(f"{kind!r} can't be imported here; `modelport import` reads databases as well.")
    services = request.app.state.services
    importing = Importing(services.catalog, services.accounts, services.keys, services.credits)
    try:
        return importing, await importing.read(_READERS[kind], await _text(request))
    except Unreadable as error:
        raise BadRequest(f"This can't be imported: {error}.") from None


async def _text(request: Request) -> str:
    return (await request.body()).decode("utf-8", "replace")


def _wrapped(kind: str, key: str, name: str, body: str) -> str:
    """One item's body as a whole file: its name is that of the address."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        return f"{kind}: {body!r}"  # the reader says what is wrong with it
    return json.dumps({kind: {**value, key: name} if isinstance(value, dict) else value})


def _item(item: editing.Item) -> Response:
    return Response(json.dumps(item.value), media_type="application/json", headers={"etag": item.mark})


def _applied(applied: Applied, *, done: bool) -> dict[str, Any]:
    return {
        "created": applied.created,
        "updated": applied.updated,
        "unchanged": applied.unchanged,
        "differences": [each.to_json() for each in applied.differences],
        "token": applied.token,
        "applied": done,
    }


def _imported(taken: Taken, *, done: bool) -> dict[str, Any]:
    return {
        "differences": [each.to_json() for each in taken.applied.differences],
        "notes": taken.notes,
        "remarks": list(map(schemas.Remark.of, taken.notes)),
        "token": taken.applied.token,
        "applied": done,
    }


def _proposal(proposal: Proposal, *, done: bool) -> dict[str, Any]:
    return {
        "source": proposal.source,
        "differences": [each.to_json() for each in proposal.applied.differences],
        "notes": proposal.notes,
        "remarks": list(map(schemas.Remark.of, proposal.notes)),
        "token": proposal.applied.token,
        "applied": done,
    }


def _activated(done: Activated) -> dict[str, Any]:
    return {
        "provider": done.provider,
        "verified": done.verified,
        "models": done.models,
        "differences": [each.to_json() for each in done.applied.differences] if done.applied is not None else [],
        "notes": done.notes,
        "remarks": list(map(schemas.Remark.of, done.notes)),
    }
