"""What can be refused about workspaces."""

from __future__ import annotations

from modelport.errors import BadRequest, Conflict, NotFound

__all__ = ["BadWorkspace", "NoSuchWorkspace", "SlugTaken", "WorkspaceInUse"]


class NoSuchWorkspace(NotFound):
    """The account has no workspace with this id or slug."""


class BadWorkspace(BadRequest):
    """What is asked for makes no workspace."""


class SlugTaken(Conflict):
    """Another workspace of the account has this slug."""


class WorkspaceInUse(BadRequest):
    """Active keys are in it; the reference answers so with 400."""
