"""The catalogue's public addresses, mounted under `/api/v1` and `/v1`. Nobody needs a key for them.

Answers are made from the snapshot and, for the list, from finished JSON; the schemas are there for the OpenAPI
document, and a test holds the two together.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from modelport.catalog import cards, listing, schemas
from modelport.catalog.errors import ModelNotFound
from modelport.catalog.service import Catalog
from modelport.keys.access import public

__all__ = ["router"]

router = APIRouter(tags=["Models"], dependencies=[Depends(public)])

_COMMAS = "Several may be given, separated by commas."
_DESCRIPTIONS = {
    "q": "Part of a name or id.",
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
    "min_age_days": "Days since the model was made, at least.",
    "max_age_days": "Days since the model was made, at most.",
    "sort": "`newest` by default.",
    "offset": "How many to skip. Without this and `limit`, all are returned.",
    "limit": "How many to return: 500 by default, at most 1000.",
}


def _parameters(*names: str) -> dict[str, Any]:
    # Not declared as arguments: the framework answers a bad value with 422, the reference with 400.
    schemas_of: dict[str, dict[str, Any]] = {
        "sort": {"type": "string", "enum": [*listing.SORTS]},
        **{key: {"type": "integer"} for key in ("context", "offset", "limit", "min_age_days", "max_age_days")},
        **{key: {"type": "number"} for key in ("min_price", "max_price", "min_output_price", "max_output_price")},
    }
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": _DESCRIPTIONS[name],
                "schema": schemas_of.get(name, {"type": "string"}),
            }
            for name in names
        ]
    }


def the_catalog(request: Request) -> Catalog:
    """The server's catalogue."""
    return request.app.state.services.catalog


TheCatalog = Annotated[Catalog, Depends(the_catalog)]


@router.get("/models", response_model=schemas.ModelsListResponse, openapi_extra=_parameters(*_DESCRIPTIONS))
async def list_models(request: Request, catalog: TheCatalog) -> Response:
    """The models that can be called now."""
    return _json(listing.page(catalog.snapshot, request.query_params, request.url.path))


@router.get(
    "/models/count",
    response_model=schemas.ModelsCountResponse,
    openapi_extra=_parameters("output_modalities"),
)
async def count_models(request: Request, catalog: TheCatalog) -> Response:
    """How many models can be called now."""
    count = listing.count(catalog.snapshot, request.query_params)
    return _json(schemas.ModelsCountResponse(data=schemas.ModelsCountData(count=count)).to_json())


@router.get("/models/{author}/{slug}/endpoints", response_model=schemas.ListEndpointsResponse)
async def list_endpoints(author: str, slug: str, catalog: TheCatalog) -> Response:
    """The endpoints that serve a model; none for a variant that the model doesn't have."""
    model_id = f"{author}/{slug}"
    model = catalog.snapshot.find(model_id)
    if model is not None:
        return _json(cards.endpoints(model).to_json())
    base, variant = model_id.partition(":")[::2]
    plain = catalog.snapshot.find(base) if variant else None
    if plain is None:
        raise _not_found(model_id)
    return _json(cards.endpoints(plain, as_id=model_id, empty=True).to_json())


@router.get("/model/{author}/{slug}", response_model=schemas.ModelResponse)
async def get_model(author: str, slug: str, catalog: TheCatalog) -> Response:
    """One model that can be called now."""
    snapshot = catalog.snapshot
    model = snapshot.find(f"{author}/{slug}")
    card = snapshot.cards.get(model.id) if model is not None else None
    if card is None:
        raise _not_found(f"{author}/{slug}")
    return _json(b'{"data":%b}' % card)


@router.get("/providers", response_model=schemas.ListProvidersResponse, tags=["Providers"])
async def list_providers(catalog: TheCatalog) -> Response:
    """The providers that models are served by."""
    return _json(cards.providers(catalog.snapshot.providers.values()).to_json())


def _not_found(model_id: str) -> ModelNotFound:
    return ModelNotFound(f"No model is called {model_id!r}. `GET /api/v1/models` lists those there are.")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
