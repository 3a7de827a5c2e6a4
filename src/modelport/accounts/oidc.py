"""The protocol spoken with identity providers: OpenID Connect with code, PKCE, state and nonce; OAuth 2 with GitHub.

What a provider says is believed only after its signature, issuer, audience, nonce and times were checked, and an
address only where the provider says that it is verified.
"""

from __future__ import annotations

import asyncio
import base64
import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from urllib.parse import quote_plus, urlencode

import msgspec
from multidict import CIMultiDict
from yarl import URL

from modelport.accounts.errors import ProviderFailed
from modelport.kit import clock
from modelport.upstream.client import Target, Timeouts
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from modelport.accounts.providers_known import IdentityProvider
    from modelport.upstream.client import UpstreamClient

__all__ = ["Claims", "Oidc"]

_TIMEOUTS: Final = Timeouts(connect=5, first_byte=10, idle=10, total=20)
_ANSWER_MOST: Final = 512 * 1024
_KEPT_SECONDS: Final = 3600.0
_ALGORITHMS: Final = ["RS256", "ES256", "PS256", "RS384", "ES384", "RS512", "ES512", "EdDSA"]
"""Signatures by a key of the provider's; never `none`, and never one that the client's own secret could make."""
_LEEWAY: Final = 120


_OBJECT: Final = dict[str, Any]
T = TypeVar("T")


class _GitHubUser(msgspec.Struct):
    id: int
    login: str
    name: str | None = None


class _GitHubEmail(msgspec.Struct):
    email: str
    primary: bool
    verified: bool


class Claims(NamedTuple):
    """Who somebody is, as a provider says."""

    subject: str
    email: str | None
    """Only where the provider says that it is verified."""
    name: str | None


class Oidc:
    """Asks identity providers."""

    def __init__(self, client: UpstreamClient) -> None:
        self._client = client
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        """Discovery documents and key sets, by address, with the time until which they are good."""
        self._lock = asyncio.Lock()

    async def authorize_url(
        self, provider: IdentityProvider, redirect_uri: str, *, state: str, nonce: str, verifier: str
    ) -> str:
        """Where the browser goes to sign in.

        Raises `ProviderFailed`.
        """
        from authlib.common.urls import add_params_to_uri  # noqa: PLC0415 (not needed at a start)
        from authlib.oauth2 import rfc7636  # noqa: PLC0415 (as above)

        untyped: Any = rfc7636
        parameters = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": provider.scope,
            "state": state,
            "code_challenge": str(untyped.create_s256_code_challenge(verifier)),
            "code_challenge_method": "S256",
        }
        if provider.kind == "github":
            address = f"{provider.issuer}/login/oauth/authorize"
        else:
            parameters["nonce"] = nonce
            address = str((await self._metadata(provider))["authorization_endpoint"])
        return str(add_params_to_uri(address, list(parameters.items())))

    async def claims(
        self, provider: IdentityProvider, redirect_uri: str, *, code: str, nonce: str, verifier: str
    ) -> Claims:
        """Who came back with `code`.

        Raises `ProviderFailed`.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": provider.client_id,
            "client_secret": provider.client_secret,
            "code_verifier": verifier,
        }
        if provider.kind == "github":
            return await self._github(provider, form)
        metadata = await self._metadata(provider)
        headers: dict[str, str] = {}
        if "client_secret_post" not in metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            pair = f"{quote_plus(provider.client_id)}:{quote_plus(form.pop('client_secret'))}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        tokens = await self._post(str(metadata["token_endpoint"]), form, headers)
        told = await self._id_token(provider, metadata, str(tokens.get("id_token") or ""), nonce)
        if "email" not in told and "userinfo_endpoint" in metadata:
            bearer = {"authorization": f"Bearer {tokens.get('access_token')}"}
            more = await self._get(str(metadata["userinfo_endpoint"]), bearer, _OBJECT)
            if more.get("sub") == told["sub"]:
                told = {**more, **told}
        email = told.get("email")
        verified = told.get("email_verified") in {True, "true"}
        name = told.get("name")
        return Claims(
            subject=str(told["sub"]),
            email=email if isinstance(email, str) and verified else None,
            name=name[:100] if isinstance(name, str) and name else None,
        )

    async def _github(self, provider: IdentityProvider, form: dict[str, str]) -> Claims:
        own = provider.issuer == "https://github.com"
        api = "https://api.github.com" if own else f"{provider.issuer}/api/v3"
        tokens = await self._post(f"{provider.issuer}/login/oauth/access_token", form, {})
        bearer = {"authorization": f"Bearer {tokens.get('access_token')}"}
        user = await self._get(f"{api}/user", bearer, _GitHubUser)
        emails = await self._get(f"{api}/user/emails", bearer, list[_GitHubEmail])
        email = next((each.email for each in emails if each.primary and each.verified), None)
        return Claims(str(user.id), email, user.name or user.login)

    async def _id_token(
        self, provider: IdentityProvider, metadata: dict[str, Any], token: str, nonce: str
    ) -> dict[str, Any]:
        from joserfc import jwt  # noqa: PLC0415 (as above)
        from joserfc.errors import JoseError  # noqa: PLC0415 (as above)
        from joserfc.jwk import KeySet  # noqa: PLC0415 (as above)

        address = str(metadata["jwks_uri"])
        for fresh in (False, True):
            keys: Any = await self._kept_json(address, fresh=fresh)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # about keys of the provider's that we do not use
                    decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
            except (JoseError, ValueError, KeyError, TypeError):
                continue  # signed with a key we have not seen: the provider may have changed them
            return _checked(provider, metadata, decoded.claims, nonce)
        raise ProviderFailed(
            f"{provider.name} gave an identity whose signature is wrong.",
            metadata={"rule": "signature", "provider": provider.name},
        )

    async def _metadata(self, provider: IdentityProvider) -> dict[str, Any]:
        from authlib.oidc.discovery import get_well_known_url  # noqa: PLC0415 (as above)

        metadata = await self._kept_json(get_well_known_url(provider.issuer, external=True))
        issuer = str(metadata.get("issuer", "")).rstrip("/")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if issuer != provider.issuer or any(name not in metadata for name in needed):
            raise ProviderFailed(
                f"{provider.name} describes itself as another provider, or not at all.",
                metadata={"rule": "description", "provider": provider.name},
            )
        return metadata

    async def _kept_json(self, address: str, *, fresh: bool = False) -> dict[str, Any]:
        async with self._lock:
            until, kept = self._kept.get(address, (0.0, dict[str, Any]()))
            if fresh or clock.monotonic() > until:
                kept = await self._get(address, {}, _OBJECT)
                self._kept[address] = (clock.monotonic() + _KEPT_SECONDS, kept)
            return kept

    async def _get(self, address: str, headers: dict[str, str], kind: type[T]) -> T:
        target = Target("identity", URL(address), CIMultiDict({"accept": "application/json", **headers}), _TIMEOUTS)
        return await self._answer(target, None, kind)

    async def _post(self, address: str, form: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
        sent = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded", **headers}
        target = Target("identity", URL(address), CIMultiDict(sent), _TIMEOUTS)
        answer = await self._answer(target, urlencode(form).encode(), _OBJECT)
        if "error" in answer:
            raise ProviderFailed("The identity provider did not accept the sign-in.", metadata={"rule": "declined"})
        return answer

    async def _answer(self, target: Target, body: bytes | None, kind: type[T]) -> T:
        try:
            reply = await (self._client.get(target) if body is None else self._client.send(target, body))
            try:
                content = await reply.read(_ANSWER_MOST)
            finally:
                reply.close()
            if reply.status != 200:
                raise ProviderFailed(
                    f"The identity provider answered {reply.status}.",
                    metadata={"rule": "status", "status": reply.status},
                )
            return msgspec.json.decode(content, type=kind)
        except (UpstreamFault, msgspec.DecodeError) as error:
            raise ProviderFailed(
                "The identity provider can't be reached, or gave no readable answer.", metadata={"rule": "unreachable"}
            ) from error


def _checked(
    provider: IdentityProvider, metadata: dict[str, Any], claims: dict[str, Any], nonce: str
) -> dict[str, Any]:
    """The claims, once they are for us, now, and for this very sign-in.

    Raises `ProviderFailed`.
    """
    from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 (not needed at a start)
    from joserfc.errors import JoseError  # noqa: PLC0415 (as above)

    options = {
        "iss": {"essential": True, "value": metadata["issuer"]},
        "aud": {"essential": True, "value": provider.client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    token: Any = CodeIDToken(claims, {}, options=options, params={"nonce": nonce, "client_id": provider.client_id})
    try:
        token.validate(now=clock.now_ms() // 1000, leeway=_LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderFailed(
            f"{provider.name} gave an identity that is not for this sign-in.",
            metadata={"rule": "audience", "provider": provider.name},
        ) from error
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise ProviderFailed(
            f"{provider.name} does not say who this is.", metadata={"rule": "nobody", "provider": provider.name}
        )
    return claims
