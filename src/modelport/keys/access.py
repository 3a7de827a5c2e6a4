"""Who calls the control plane: the API key of a request, for routes that need one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request

from modelport.keys.errors import KeyRefused

if TYPE_CHECKING:
    from modelport.keys.service import LiveKey

__all__ = ["bearer_key"]


async def bearer_key(request: Request) -> LiveKey:
    """The live key shown as `Authorization: Bearer`.

    Raises `KeyRefused`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise KeyRefused("Missing Authentication header")
    key: LiveKey = await request.app.state.services.keys.authenticate(token.strip())
    return key
