"""The catalogue's public addresses, under `/api/v1`. Nobody needs a key for them.

Answers are made from the snapshot and, for the list, from finished JSON; the schemas are there for the OpenAPI
document, and a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from modelport.catalog import cards, feed, filters, listing, schemas
from modelport.catalog.about_entry import CATEGORIES
from modelport.catalog.building import etag_of
from modelport.catalog.errors import ModelNotFound
from modelport.catalog.service import Catalog
from modelport.catalog.snapshot import Shown, Snapshot
from modelport.errors import NotFound
from modelport.keys.access import Permission, Principal, allow, known, public

if TYPE_CHECKING:
    from modelport.accounts.organizations import Organizations
    from modelport.catalog.measured import Measured

__all__ = ["TheCatalog", "endpoints_of", "personal", "router", "the_catalog"]

router = APIRouter(prefix="/api/v1", tags=["Models"], dependencies=[Depends(public)])
personal = APIRouter(prefix="/api/v1", tags=["Models"])
"""What is the caller's own. Fixed addresses win over those with a word to fill in, so it stands before the rest."""

_COMMAS = "Several may be given, separated by commas."
_DESCRIPTIONS = {
    "status": "`active` by default: models that can be called now. `inactive` ones only lack a provider's key.",
    "q": "Part of a name or id.",
    "category": "What the model is good at.",
    "supported_parameters": f"Request parameters the model must all understand. {_COMMAS}",
    "input_modalities": f"What the model must all take. {_COMMAS}",
    "output_modalities": f"What the model gives, one of these; `text` by default, `all` for every model. {_COMMAS}",
    "context": "Least context length, in tokens.",
    "min_price": "Least prompt price, in USD per million tokens.",
    "max_price": "Highest prompt price, in USD per million tokens.",
    "min_output_price": "Least completion price, in USD per million tokens.",
    "max_output_price": "Highest completion price, in USD per million tokens.",
    "model_authors": f"Part of the id before the slash, one of these. {_COMMAS}",
    "providers": f"Names or slugs of providers, one of which serves the model. {_COMMAS}",
    "arch": "Family of the tokenizer, such as `Qwen3`.",
    "distillable": "Whether other models may be trained on what it writes.",
    "zdr": "Only models with an endpoint that keeps nothing.",
    "region": "Only models that are served from there.",
    "min_age_days": "Days since the model was made, at least.",
    "max_age_days": "Days since the model was made, at most.",
    **{
        f"{bound}_{kind}_index": f"{words} result in tests of {kind}; models without one are left out."
        for bound, words in (("min", "Least"), ("max", "Highest"))
        for kind in ("intelligence", "coding", "agentic")
    },
    "min_tool_success_rate": "Least share of well-formed tool calls, from 0 to 1, as measured here.",
    "max_tool_success_rate": "Highest share of well-formed tool calls, from 0 to 1, as measured here.",
    "sort": "`newest` by default.",
    "offset": "How many to skip. Without this and `limit`, all are returned.",
    "limit": "How many to return: 500 by default, at most 1000.",
    "use_rss": "`true` for a feed of the newest models in place of JSON.",
    "use_rss_chat_links": "`true` has the feed's items lead to a chat with the model, not to its page.",
}
_USER = ("output_modalities", "sort", "offset", "limit")
_WHOLE = ("context", "offset", "limit", "min_age_days", "max_age_days")
_ENUMS: dict[str, tuple[str, ...]] = {
    "status": filters.STATUSES,
    "category": CATEGORIES,
    "distillable": ("true", "false"),
    "zdr": ("true",),
    "region": ("eu", "us"),
    "sort": tuple(listing.SORTS),
    "use_rss": ("true", "false"),
    "use_rss_chat_links": ("true", "false"),
}
_CACHE = "public, no-cache"
"""To be kept, and asked for anew with its `ETag` each time: a key that is entered shows at once."""


_PRIVATE = {"cache-control": "private, no-store"}


def _parameters(*names: str) -> dict[str, Any]:
    # Not declared as arguments: the framework answers a bad value with 422, the reference with 400.
    def schema(name: str) -> dict[str, Any]:
        if name in _ENUMS:
            return {"type": "string", "enum": [*_ENUMS[name]]}
        if name in _WHOLE:
            return {"type": "integer"}
        return {"type": "number"} if name.startswith(("min_", "max_")) else {"type": "string"}

    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "description": _DESCRIPTIONS[name], "schema": schema(name)}
            for name in names
        ]
    }


def the_catalog(request: Request) -> Catalog:
    """The server's catalogue."""
    return request.app.state.services.catalog


MayRead = Annotated[Principal, Depends(allow(Permission.MODELS_READ))]
TheCatalog = Annotated[Catalog, Depends(the_catalog)]


@router.get(
    "/models",
    response_model=schemas.ModelsListResponse,
    openapi_extra=_parameters(*_DESCRIPTIONS),
    summary="List models",
)
async def list_models(request: Request, catalog: TheCatalog) -> Response:
    """The models that can be called now; to an account that wants it so, those that it may use."""
    query = request.query_params
    caller = await known(request)
    if caller is not None and caller.may(Permission.MODELS_READ) and await _lists_allowed(request, caller):
        among = await catalog.shown_to(caller)
        answer = listing.page(catalog.snapshot, query, _address(request), measured=catalog.measured, among=among)
        return Response(answer.body, media_type="application/json", headers=_PRIVATE)
    # What only lacks a key is not kept in memory.
    snapshot = catalog.snapshot if query.get("status", "active") == "active" else await catalog.whole()
    if query.get("use_rss", "").lower() == "true":
        models = listing.found(snapshot, listing.asked(query), measured=catalog.measured)
        origin = catalog.public_url or str(request.base_url).rstrip("/")
        chats = query.get("use_rss_chat_links", "").lower() == "true"
        shown = models[: filters.whole(query, "limit", 100, 1, 1000)]
        body = feed.rss(shown, origin, str(request.url), chats=chats)
        return _cached(request, listing.Answer(body, etag_of(body)), "application/rss+xml")
    return _cached(request, listing.page(snapshot, query, _address(request), measured=catalog.measured))


async def _lists_allowed(request: Request, caller: Principal) -> bool:
    organizations: Organizations = request.app.state.services.organizations
    return await organizations.lists_allowed_models(caller.account_id)


@router.get(
    "/models/count",
    response_model=schemas.ModelsCountResponse,
    openapi_extra=_parameters("output_modalities"),
    summary="Count models",
)
async def count_models(request: Request, catalog: TheCatalog) -> Response:
    """How many models can be called now."""
    count = listing.count(catalog.snapshot, request.query_params)
    return _json(schemas.ModelsCountResponse(data=schemas.ModelsCountData(count=count)).to_json())


@personal.get(
    "/models/user",
    response_model=schemas.ModelsListResponse,
    openapi_extra=_parameters(*_USER),
    summary="List the models that I may use",
)
async def list_my_models(request: Request, catalog: TheCatalog, caller: MayRead) -> Response:
    """The models that the caller may use, by their account's preferences and guardrails."""
    query = {name: value for name, value in request.query_params.items() if name in _USER}
    models = await catalog.shown_to(caller)
    answer = listing.page(catalog.snapshot, query, _address(request), measured=catalog.measured, among=models)
    return Response(answer.body, media_type="application/json", headers=_PRIVATE)


@router.get(
    "/embeddings/models",
    response_model=schemas.ModelsListResponse,
    openapi_extra=_parameters("offset", "limit"),
    tags=["Embeddings"],
    summary="List embedding models",
)
async def list_embedding_models(request: Request, catalog: TheCatalog) -> Response:
    """The models that make vectors."""
    asked = {name: value for name, value in request.query_params.items() if name in {"offset", "limit"}}
    query = {**asked, "output_modalities": "embeddings"}
    return _cached(request, listing.page(catalog.snapshot, query, _address(request)))


@router.get(
    "/models/{author}/{slug}/endpoints",
    response_model=schemas.ListEndpointsResponse,
    summary="List the endpoints of a model",
)
async def list_endpoints(author: str, slug: str, request: Request, catalog: TheCatalog) -> Response:
    """The endpoints that serve a model; none for a variant that the model doesn't have.

    With `status=all` also those whose provider lacks a key. How quick they are is for callers who say who they are.
    """
    measured = await _measured_for(request, catalog)
    everything = request.query_params.get("status") == "all"
    return _json(await endpoints_of(catalog, f"{author}/{slug}", measured, everything=everything))


async def endpoints_of(catalog: Catalog, model_id: str, measured: Measured, *, everything: bool = False) -> bytes:
    """The answer: a model's endpoints with what is measured of them. Raises `ModelNotFound`."""
    snapshot = catalog.snapshot
    if everything or snapshot.find(model_id) is None:
        snapshot = await catalog.whole()
    model = snapshot.find(model_id)
    if model is not None:
        shown = snapshot.shown.get(model.id)
        later = shown.waiting if shown is not None and everything else ()
        return cards.endpoints(model, measured=measured, waiting=later).to_json()
    base, variant = model_id.partition(":")[::2]
    plain = snapshot.find(base) if variant else None
    if plain is None:
        raise _not_found(model_id)
    return cards.endpoints(plain, as_id=model_id, empty=True).to_json()


@router.get(
    "/endpoints/zdr",
    response_model=schemas.ZdrEndpointsResponse,
    tags=["Endpoints"],
    summary="List the endpoints with zero data retention",
)
async def list_zdr_endpoints(request: Request, catalog: TheCatalog) -> Response:
    """Every endpoint that keeps nothing of what it is sent. How quick they are is for callers who say who they are."""
    measured = await _measured_for(request, catalog)
    answer = cards.zdr_endpoints(catalog.snapshot.models.values(), measured).to_json()
    if measured is catalog.measured:
        return Response(answer, media_type="application/json", headers=_PRIVATE)
    return _cached(request, listing.Answer(answer, etag_of(answer)))


@router.get("/model/{author}/{slug}", response_model=schemas.ModelResponse, summary="One model")
async def get_model(author: str, slug: str, request: Request, catalog: TheCatalog) -> Response:
    """One model; one that only lacks a provider's key says so (`status: inactive`)."""
    asked = f"{author}/{slug}"
    shown = _shown(catalog.snapshot, asked) or _shown(await catalog.whole(), asked)
    if shown is None:
        raise _not_found(asked)
    body = b'{"data":%b}' % shown.card
    return _cached(request, listing.Answer(body, etag_of(body)))


@router.get("/providers", response_model=schemas.ListProvidersResponse, tags=["Providers"], summary="List providers")
async def list_providers(catalog: TheCatalog) -> Response:
    """The providers that models are served by."""
    return _json(cards.providers(catalog.snapshot.providers.values()).to_json())


@router.get("/images/models", response_model=schemas.NothingYet, tags=["Images"], summary="List image models")
@router.get("/videos/models", response_model=schemas.NothingYet, tags=["Videos"], summary="List video models")
async def list_no_models() -> Response:
    """Models of operations that this server doesn't have: none."""
    return _json(b'{"data":[]}')


@router.get(
    "/images/models/{author}/{slug}/endpoints",
    tags=["Images"],
    response_model=schemas.NothingYet,
    summary="List the endpoints of an image model",
)
async def list_no_image_endpoints(author: str, slug: str) -> Response:
    """Endpoints of a model for images: there is no such model here."""
    raise ModelNotFound(f"No model for images is called {author + '/' + slug!r}.")


@personal.get("/tools", response_model=schemas.ListToolsResponse, tags=["Tools"], summary="List server tools")
async def list_tools(_caller: MayRead) -> Response:
    """Tools that the server runs itself: none yet."""
    return _json(b'{"data":[],"links":{"next":null},"total_count":0}')


@personal.get("/tools/{name}", response_model=schemas.NothingYet, tags=["Tools"], summary="One server tool")
async def get_tool(name: str, _caller: MayRead) -> Response:
    """One tool that the server runs itself."""
    raise NotFound(f"No server tool is called {name!r}.")


async def _measured_for(request: Request, catalog: Catalog) -> Measured:
    """What the caller may see of what is measured; the reference too shows speed only to those whom it knows."""
    return catalog.measured if await known(request) is not None else catalog.measured.without_speed()


def _shown(snapshot: Snapshot, asked: str) -> Shown | None:
    shown = snapshot.shown.get(asked)
    if shown is None and (model := snapshot.find(asked)) is not None:
        shown = snapshot.shown.get(model.id)
    return shown


def _not_found(model_id: str) -> ModelNotFound:
    return ModelNotFound(f"No model is called {model_id!r}. `GET /api/v1/models` lists those there are.")


def _address(request: Request) -> str:
    """The path as the caller gave it, for links to further pages: it may be the short one (`control.py`)."""
    raw: bytes = request.scope["raw_path"]
    return raw.decode("ascii")


def _cached(request: Request, answer: listing.Answer, media_type: str = "application/json") -> Response:
    """The answer, or 304 for a caller who has it already."""
    headers = {"etag": answer.etag, "cache-control": _CACHE}
    known = request.headers.get("if-none-match", "")
    if answer.etag in {each.strip().removeprefix("W/") for each in known.split(",")} or known.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(answer.body, media_type=media_type, headers=headers)


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
