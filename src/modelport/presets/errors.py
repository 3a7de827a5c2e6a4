"""What can be refused about presets."""

from __future__ import annotations

from modelport.errors import BadRequest, NotFound

__all__ = ["BadPreset", "NoSuchPreset"]


class NoSuchPreset(NotFound):
    """The account has no preset, or no version of it, of this name."""


class BadPreset(BadRequest):
    """The slug or the contents can't be those of a preset."""
