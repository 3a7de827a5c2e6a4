"""What the server itself brings into the catalogue: the local free model, and where it is reached now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modelport.catalog.document import Document
from modelport.providers.local import LOCAL_MODEL

if TYPE_CHECKING:
    from modelport.catalog.service import Catalog
    from modelport.providers.local import LocalModel

__all__ = ["LOCAL_PROVIDER", "follow_local_model", "local_document"]

LOCAL_PROVIDER = "local"
_LOOK_SECONDS = 0.2


def local_document() -> Document:
    """The local model's provider and entry, as a catalogue document."""
    facts = LOCAL_MODEL
    return Document.model_validate(
        {
            "providers": [
                {
                    "slug": LOCAL_PROVIDER,
                    "name": "Local",
                    "dialect": "openai_chat",
                    "base_url": "",  # told by the engine when it runs, see `follow_local_model`
                    "renames": dict(facts.renames),
                    # A stream can be stopped at once when the caller leaves; a whole answer is computed to its end.
                    "always_stream": True,
                    "timeouts": {"connect": 5, "first_byte": 300, "idle": 120, "total": 1800},
                }
            ],
            "models": [
                {
                    "id": facts.id,
                    "name": facts.name,
                    "description": facts.description,
                    "context_length": facts.context_length,
                    "hugging_face_id": facts.hugging_face_id,
                    "supported_parameters": sorted(facts.supported_parameters),
                    "endpoints": [
                        {
                            "provider": LOCAL_PROVIDER,
                            "upstream_model": facts.upstream_model,
                            "pricing": {"prompt": "0", "completion": "0"},
                            "max_completion_tokens": facts.max_completion_tokens,
                            "quantization": facts.quantization,
                        }
                    ],
                }
            ],
        },
        context={"builtin": True},
    )


async def follow_local_model(catalog: Catalog, local: LocalModel) -> None:
    """Keeps the catalogue's address of the local model in step with the engine, until cancelled."""
    known: tuple[str, str] | None = None
    while True:
        address = local.address
        if address != known:
            known = address
            url, key = address or ("", "")
            catalog.set_runtime_address(LOCAL_PROVIDER, url and f"{url}/v1", key)
        await asyncio.sleep(_LOOK_SECONDS)
