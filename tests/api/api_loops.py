"""Providers of every dialect: this server's own doors, one hop further, with the scripted provider behind them.

So a request travels caller's dialect -> provider's dialect -> chat completions, and its answer all the way back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.catalog.document import Document

if TYPE_CHECKING:
    from api_harness import Harness

ROOTS = {
    "openai_chat": "/api/v1",
    "openai_responses": "/api/v1",
    "anthropic_messages": "/api/v1",
    "gemini": "/v1beta",
    "bedrock_converse": "",
    "cohere_chat": "/v2",
}
"""Where a provider of each dialect is reached."""


def make_loops(harness: Harness) -> dict[str, str]:
    """A model for each dialect, by the dialect's name: how this server is asked for it."""
    owner = harness.caller("100")
    document = {
        "providers": [
            {
                "slug": f"loop-{dialect.replace('_', '-')}",
                "name": f"Loop {dialect}",
                "dialect": dialect,
                "base_url": harness.url + root,
                "api_key": owner.key,
            }
            for dialect, root in ROOTS.items()
        ],
        "models": [
            {
                "id": f"loop/{dialect}",
                "name": dialect,
                "context_length": 8192,
                "endpoints": [
                    {
                        "provider": f"loop-{dialect.replace('_', '-')}",
                        "upstream_model": "fake/text",
                        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
                        "max_completion_tokens": 4000,
                    }
                ],
            }
            for dialect in ROOTS
        ],
    }
    harness.call(harness.services.catalog.apply(Document.model_validate(document)))
    return {dialect: f"loop/{dialect}" for dialect in ROOTS}
