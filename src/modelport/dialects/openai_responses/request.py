"""Requests of this dialect, in both directions: what goes for all of them, and where they are read and written."""

from __future__ import annotations

from modelport.dialects.canonical import Target
from modelport.dialects.openai_responses.request_patch import patch_request
from modelport.dialects.openai_responses.request_read import STATELESS, read_request
from modelport.dialects.openai_responses.request_write import CHANGED, DROPPED, REFUSED, write_request

__all__ = [
    "CHANGED",
    "DROPPED",
    "REFUSED",
    "STATELESS",
    "Target",
    "headers",
    "patch_request",
    "path",
    "read_request",
    "write_request",
]


def path(target_model: str, *, stream: bool) -> str:
    """What follows a provider's base address."""
    del target_model, stream
    return "/responses"


def headers(api_key: str) -> dict[str, str]:
    """Authentication and the fixed headers."""
    return {"authorization": f"Bearer {api_key}", "content-type": "application/json"}
