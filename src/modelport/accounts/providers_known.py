"""The identity providers that an operator set up: Google and GitHub by client id, any other by its issuer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from modelport.settings import Settings

__all__ = ["IdentityProvider", "providers_of"]

_GOOGLE: Final = "https://accounts.google.com"


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """One provider."""

    slug: str
    name: str
    kind: Literal["oidc", "github"]
    issuer: str
    """The issuer of OIDC, or the address of GitHub."""
    client_id: str
    client_secret: str
    scope: str

    def __repr__(self) -> str:
        """Without the secret."""
        return f"IdentityProvider({self.slug!r}, {self.issuer!r})"


def providers_of(settings: Settings) -> dict[str, IdentityProvider]:
    """Every provider that can be signed in with, by its slug."""
    found: list[IdentityProvider] = []
    if settings.google_client_id and settings.google_client_secret:
        secret = settings.google_client_secret.get_secret_value()
        scope = "openid email profile"
        found.append(IdentityProvider("google", "Google", "oidc", _GOOGLE, settings.google_client_id, secret, scope))
    if settings.github_client_id and settings.github_client_secret:
        secret = settings.github_client_secret.get_secret_value()
        address = settings.github_url.rstrip("/")
        scope = "read:user user:email"
        found.append(IdentityProvider("github", "GitHub", "github", address, settings.github_client_id, secret, scope))
    found.extend(
        IdentityProvider(
            each.slug,
            each.name,
            "oidc",
            each.issuer.rstrip("/"),
            each.client_id,
            each.client_secret.get_secret_value(),
            each.scope,
        )
        for each in settings.oidc_providers
    )
    return {each.slug: each for each in found}
