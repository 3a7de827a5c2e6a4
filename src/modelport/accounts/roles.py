"""Who may do what: roles in an account, permissions, and which kind of credential may use each.

A route declares one `Permission`; everything else follows from the two tables below. They are data, so that a test
can walk them and the docs can print them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["GRANTS", "INFERENCE_KEY", "MANAGEMENT_KEY", "Permission", "Role", "is_write"]


class Role(StrEnum):
    """What a member is in an account; the person whose own account it is, is its owner."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    BILLING = "billing"
    READ_ONLY = "read-only"


class Permission(StrEnum):
    """One thing a route lets a caller do. `*:write` changes something; so do those in `_OTHER_WRITES`."""

    INFERENCE = "inference"
    """Call a model, and so spend the account's credits."""
    KEY_SELF = "key:self"
    """Ask what the key of this request is; keys only."""
    SELF = "self"
    """One's own person: profile, password, second factor, sessions. A browser session only."""
    AUTH_CODES = "codes:write"
    """Make an authorization code that an app can exchange for a key."""
    MODELS_READ = "models:read"
    """Models as this account may use them."""
    DATA_READ = "data:read"
    """Public figures that are given to holders of keys only, such as rankings."""
    GENERATIONS_READ = "generations:read"
    GENERATIONS_CONTENT = "generations:content"
    """Stored prompts and answers."""
    FEEDBACK_WRITE = "feedback:write"
    ACTIVITY_READ = "activity:read"
    CREDITS_READ = "credits:read"
    CREDITS_WRITE = "credits:write"
    """Buy credits, redeem vouchers, set up top-ups."""
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    """Make keys, and change one's own."""
    KEYS_OTHERS = "keys:others:write"
    """Change keys that another member made, and make management keys."""
    PRESETS_READ = "presets:read"
    PRESETS_WRITE = "presets:write"
    FILES_READ = "files:read"
    FILES_WRITE = "files:write"
    GUARDRAILS_READ = "guardrails:read"
    GUARDRAILS_WRITE = "guardrails:write"
    BYOK_READ = "byok:read"
    BYOK_WRITE = "byok:write"
    WORKSPACES_READ = "workspaces:read"
    WORKSPACES_WRITE = "workspaces:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    DESTINATIONS_READ = "destinations:read"
    DESTINATIONS_WRITE = "destinations:write"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    """The account's name, privacy, notifications, webhooks."""
    OWNERSHIP = "ownership:write"
    """Hand the account over, or close it."""
    OPERATE = "operate"
    """Run the server: everything under `/api/admin`. Operators only, whatever their role."""


_OTHER_WRITES: Final = frozenset({Permission.INFERENCE, Permission.OPERATE, Permission.SELF})


def is_write(permission: Permission) -> bool:
    """Whether it changes or spends something."""
    return permission.value.endswith(":write") or permission in _OTHER_WRITES


_OWN_PERSON: Final = frozenset({Permission.SELF})
"""What anybody may who is signed in, in whichever role."""
_READS: Final = frozenset(
    each for each in Permission if not is_write(each) and each is not Permission.GENERATIONS_CONTENT
)
_WORK: Final = _READS | {
    Permission.INFERENCE,
    Permission.AUTH_CODES,
    Permission.GENERATIONS_CONTENT,
    Permission.FEEDBACK_WRITE,
    Permission.KEYS_WRITE,
    Permission.PRESETS_WRITE,
    Permission.FILES_WRITE,
}
_ALL: Final = frozenset(Permission) - {Permission.OPERATE}

GRANTS: Final[dict[Role, frozenset[Permission]]] = {
    Role.OWNER: _ALL,
    Role.ADMIN: _ALL - {Permission.OWNERSHIP},
    Role.MEMBER: _WORK | _OWN_PERSON,
    Role.BILLING: _READS | {Permission.CREDITS_WRITE} | _OWN_PERSON,
    Role.READ_ONLY: _READS | _OWN_PERSON,
}
"""What each role may do in its account. `OPERATE` comes from being an operator, never from a role."""

INFERENCE_KEY: Final = frozenset({
    Permission.INFERENCE,
    Permission.KEY_SELF,
    Permission.AUTH_CODES,
    Permission.MODELS_READ,
    Permission.DATA_READ,
    Permission.GENERATIONS_READ,
    Permission.GENERATIONS_CONTENT,
    Permission.CREDITS_READ,
    Permission.PRESETS_READ,
    Permission.PRESETS_WRITE,
    Permission.FILES_READ,
    Permission.FILES_WRITE,
})  # fmt: skip
"""What an inference key can be used for, if its maker's role allows it."""

MANAGEMENT_KEY: Final = _ALL - {Permission.INFERENCE, Permission.SELF, Permission.OWNERSHIP}
"""What a management key can be used for, if its maker's role allows it: no inference, and nothing personal."""
