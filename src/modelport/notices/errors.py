"""What can be refused about notices and webhooks."""

from __future__ import annotations

from modelport.errors import BadRequest, NotFound

__all__ = ["BadHook", "NoHook", "UnknownKind"]


class BadHook(BadRequest):
    """The address can't be a webhook's."""


class NoHook(NotFound):
    """The account has no webhook."""


class UnknownKind(BadRequest):
    """There is no such kind of notice, or it can't be switched off."""
