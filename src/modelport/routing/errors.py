"""What can be refused about rules and defaults of routing."""

from __future__ import annotations

from modelport.errors import BadRequest, NotFound

__all__ = ["BadRouting", "NoSuchRoutingRule"]


class NoSuchRoutingRule(NotFound):
    """No rule has this id."""


class BadRouting(BadRequest):
    """A rule or a default that can't be."""
