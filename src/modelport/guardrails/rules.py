"""What one guardrail says, as it is stored."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "ACTIONS",
    "SAFETY_GROUPS",
    "ZDR_GROUPS",
    "Action",
    "Builtin",
    "Custom",
    "Rules",
    "Scope",
    "Slug",
    "zdr_group",
]

Action = Literal["redact", "block", "flag"]
Slug = Literal[
    "email",
    "phone",
    "ssn",
    "credit-card",
    "ip-address",
    "secrets",
    "person-name",
    "address",
    "regex-prompt-injection",
]
Scope = Literal["user_only", "all_messages"]
ACTIONS: tuple[Action, ...] = ("flag", "redact", "block")
"""The strictest last."""
ZDR_GROUPS = {"anthropic": "anthropic", "openai": "openai", "google": "google", "x-ai": "xai"}
"""Whose models are told apart for zero data retention, by the first part of a model's id; all others are `other`."""
SAFETY_GROUPS = ("google", "other")
"""Those of them whose providers may be allowed to keep prompts to watch for abuse, and nothing else."""


def zdr_group(model_id: str) -> str:
    """Which of the groups a model is in."""
    return ZDR_GROUPS.get(model_id.partition("/")[0].lstrip("~"), "other")


class Builtin(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the house's own detectors, and what to do with what it finds."""

    slug: Slug
    action: Action
    scan_scope: Scope | None = None


class Custom(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer's own pattern."""

    pattern: str
    action: Action
    label: str | None = None


class Rules(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a guardrail says but its budget; None says nothing."""

    allowed_models: tuple[str, ...] | None = None
    ignored_models: tuple[str, ...] | None = None
    allowed_providers: tuple[str, ...] | None = None
    ignored_providers: tuple[str, ...] | None = None
    allowed_data_regions: tuple[str, ...] | None = None
    enforce_zdr: bool | None = None
    enforce_zdr_anthropic: bool | None = None
    enforce_zdr_google: bool | None = None
    enforce_zdr_openai: bool | None = None
    enforce_zdr_other: bool | None = None
    enforce_zdr_xai: bool | None = None
    allow_safety_retention_google: bool | None = None
    allow_safety_retention_other: bool | None = None
    enable_free_model_publication: bool | None = None
    enable_free_model_training: bool | None = None
    enable_paid_model_training: bool | None = None
    content_filters: tuple[Custom, ...] | None = None
    content_filter_builtins: tuple[Builtin, ...] | None = None

    def stored(self) -> dict[str, Any]:
        """As it is stored: what is said."""
        return msgspec.to_builtins(self)

    @classmethod
    def read(cls, stored: object) -> Rules:
        """What `stored` gave."""
        return msgspec.convert(stored, cls)
