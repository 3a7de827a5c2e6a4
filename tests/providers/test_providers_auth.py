"""How keys are shown, Google's grants, and what a place is made of."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from modelport.catalog.pricing import Prices, Pricing
from modelport.catalog.snapshot import Endpoint
from modelport.gateway.authorize import needs_token, with_added
from modelport.gateway.authorize import place as placed
from modelport.gateway.dialect_table import DIALECTS
from modelport.providers import google
from modelport.providers.auth import BadKey, authorized, aws_key, scheme_of
from modelport.providers.provider import Provider, Wire
from modelport.providers.row import resolve
from modelport.providers.table import ROWS
from modelport.upstream.errors import FaultKind, UpstreamFault

if TYPE_CHECKING:
    from modelport.upstream.client import Target

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
ACCOUNT = json.dumps({
    "type": "service_account", "client_email": "me@p.iam.gserviceaccount.com", "private_key": PEM,
    "private_key_id": "k1", "token_uri": "https://oauth2.googleapis.com/token",
})  # fmt: skip
LOGIN = json.dumps({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"})


def endpoint(kind: str, key: str, model: str = "m", dialect: str | None = None, **options: str) -> Endpoint:
    """An endpoint of a known provider."""
    row = ROWS[kind]
    wires = resolve(row, options)
    main = wires.pop(row.dialect)
    values = {name: getattr(main, name) for name in Wire.__dataclass_fields__}
    provider = Provider(
        **values, slug=kind, name=row.name, dialect=row.dialect, api_key=key, also=wires, options=options
    )
    prices = Pricing(Prices())
    return Endpoint("e", kind, provider, "a/m", model, prices, None, 1000, None, None, None, frozenset(),
                    own_dialect=dialect)  # fmt: skip


def place(endpoint: Endpoint, *, stream: bool) -> Target:
    """Where the endpoint is reached for chat."""
    path = DIALECTS[endpoint.dialect].path(endpoint.upstream_model, stream)
    return placed(endpoint, path, key=endpoint.provider.api_key, stream=stream)


class TestHeaders:
    """Keys as headers."""

    @pytest.mark.parametrize(
        ("auth", "key", "header", "value"),
        [
            ("bearer", "k", "authorization", "Bearer k"),
            ("x-api-key", "k", "x-api-key", "k"),
            ("api-key", "k", "api-key", "k"),
            ("x-goog-api-key", "k", "x-goog-api-key", "k"),
            ("aws", "ABSKabc", "authorization", "Bearer ABSKabc"),
            ("google", "AIzaSy", "x-goog-api-key", "AIzaSy"),
            ("google", "ya29.abc", "authorization", "Bearer ya29.abc"),
        ],
    )
    def test_a_scheme_replaces_the_dialects_own(self, auth: str, key: str, header: str, value: str) -> None:
        own = {"Authorization": "Bearer other", "x-api-key": "other", "anthropic-version": "2023-06-01"}
        shown = authorized(own, auth, key)
        assert shown == {"anthropic-version": "2023-06-01", header: value}

    def test_the_dialects_own_stays_as_it_is(self) -> None:
        assert authorized({"x-api-key": "k"}, "dialect", "k") == {"x-api-key": "k"}

    @pytest.mark.parametrize("auth", ["dialect", "bearer", "none", "google", "aws"])
    def test_no_key_is_no_header(self, auth: str) -> None:
        assert authorized({"x-api-key": "", "other": "1"}, auth, "") == {"other": "1"}

    def test_amazons_keys(self) -> None:
        assert aws_key("AKIA:secret") == ("AKIA", "secret", None)
        assert aws_key("AKIA:se/c+ret=:tok/en==") == ("AKIA", "se/c+ret=", "tok/en==")
        printed = {"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T"}
        assert aws_key(json.dumps(printed)) == ("A", "S", "T")
        assert aws_key("ABSKQmVk") is None
        for wrong in ("AKIA:", ":x", "a:b:", "a:b:c:d", '{"AccessKeyId": 1}'):
            with pytest.raises(BadKey) as raised:
                aws_key(wrong)
            assert wrong not in str(raised.value)

    def test_schemes_by_the_form_of_a_key(self) -> None:
        assert scheme_of("google", LOGIN) == "google"
        assert scheme_of("aws", "a:b") == "aws"
        assert scheme_of("bearer", "a:b") == "bearer"


class TestGoogle:
    """What is asked of Google's token service."""

    def test_an_assertion_says_who_asks_for_what_and_is_signed(self) -> None:
        key = google.read_key(ACCOUNT)
        form = parse_qs(google.token_request(key, "https://t", 1_000).decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        head, claims, signature = form["assertion"][0].split(".")
        assert _decoded(head) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
        assert _decoded(claims) == {
            "iss": "me@p.iam.gserviceaccount.com", "scope": "https://www.googleapis.com/auth/cloud-platform",
            "aud": "https://t", "iat": 1_000, "exp": 4_600,
        }  # fmt: skip
        PRIVATE.public_key().verify(_bytes(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())

    def test_a_login_asks_with_its_refresh_token(self) -> None:
        form = parse_qs(google.token_request(google.read_key(LOGIN), "https://t", 0).decode())
        assert form == {
            "grant_type": ["refresh_token"], "client_id": ["c"], "client_secret": ["s"], "refresh_token": ["r"]
        }  # fmt: skip

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"type": "service_account"}', '{"type": "x"}', "{" * 9_999])
    def test_what_is_no_key_file(self, text: str) -> None:
        with pytest.raises(BadKey):
            google.read_key(text)

    def test_a_private_key_that_is_none(self) -> None:
        broken = google.read_key(json.dumps({**json.loads(ACCOUNT), "private_key": "-----BEGIN"}))
        with pytest.raises(BadKey, match="can't be read"):
            google.token_request(broken, "https://t", 0)

    @pytest.mark.parametrize(
        ("uri", "told", "asked"),
        [
            ("https://oauth2.googleapis.com/token", None, "https://oauth2.googleapis.com/token"),
            ("https://sts.googleapis.com/v1/token", None, "https://sts.googleapis.com/v1/token"),
            ("http://169.254.169.254/token", None, google.TOKEN_URL),
            ("https://evil.example/googleapis.com", None, google.TOKEN_URL),
            ("https://evilgoogleapis.com/t", None, google.TOKEN_URL),
            ("https://evil.example", "http://127.0.0.1:1/t", "http://127.0.0.1:1/t"),
        ],
    )
    def test_a_key_file_cant_send_us_anywhere(self, uri: str, told: str | None, asked: str) -> None:
        key = google.read_key(json.dumps({**json.loads(ACCOUNT), "token_uri": uri}))
        assert google.token_url(key, told) == asked

    def test_answers(self) -> None:
        assert google.read_grant(b'{"access_token":"t","expires_in":9,"scope":"x"}') == google.Granted("t", 9)
        for none in (b"", b"<html>", b'{"error":"invalid_grant"}', b'{"access_token":"","expires_in":9}',
                     b'{"access_token":"t","expires_in":0}'):  # fmt: skip
            assert google.read_grant(none) is None


class TestPlaces:
    """Addresses, headers and signatures of known providers."""

    def test_azure_by_its_newer_and_its_older_addresses(self) -> None:
        newer = place(endpoint("azure", "k", "gpt", resource="res"), stream=False)
        assert str(newer.url) == "https://res.openai.azure.com/openai/v1/chat/completions"
        assert newer.headers["api-key"] == "k"
        assert "Authorization" not in newer.headers
        older = place(endpoint("azure-deployments", "k", "my gpt", resource="res"), stream=True)
        assert str(older.url) == (
            "https://res.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21"
        )

    def test_bedrock_signs_or_shows_a_key_of_its_own(self) -> None:
        model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
        signed = place(endpoint("amazon-bedrock", "AKIA:secret:session", model, region="eu-west-1"), stream=True)
        assert str(signed.url) == (
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0"
            "/converse-stream"
        )
        assert "authorization" not in signed.headers
        assert signed.sign is not None
        made = signed.sign(b"{}")
        assert made["X-Amz-Security-Token"] == "session"
        assert "Credential=AKIA/" in made["Authorization"]
        assert "/eu-west-1/bedrock/aws4_request" in made["Authorization"]
        shown = place(endpoint("amazon-bedrock", "ABSKkey", model), stream=False)
        assert shown.sign is None
        assert shown.headers["authorization"] == "Bearer ABSKkey"
        assert shown.url.host == "bedrock-runtime.us-east-1.amazonaws.com"

    def test_a_key_that_fits_nowhere_is_a_fault_of_the_provider_and_not_told(self) -> None:
        with pytest.raises(UpstreamFault) as raised:
            place(endpoint("amazon-bedrock", "a:b:c:d"), stream=False)
        assert raised.value.kind is FaultKind.KEY
        assert "a:b" not in raised.value.message + raised.value.detail

    def test_gemini_wants_a_header_and_no_query(self) -> None:
        where = place(endpoint("google-ai-studio", "AIza", "gemini-3"), stream=True)
        assert str(where.url) == (
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-3:streamGenerateContent?alt=sse"
        )
        assert where.headers["x-goog-api-key"] == "AIza"

    def test_vertex_has_addresses_for_each_dialect(self) -> None:
        one = endpoint("google-vertex-regional", ACCOUNT, "gemini-3", project="p", location="europe-west4")
        host = "https://europe-west4-aiplatform.googleapis.com"
        assert str(place(one, stream=False).url) == (
            f"{host}/v1beta1/projects/p/locations/europe-west4/publishers/google/models/gemini-3:generateContent"
        )
        assert needs_token(one.provider, "gemini", ACCOUNT)
        claude = endpoint(
            "google-vertex", ACCOUNT, "claude-opus-4@20250514", "anthropic_messages", project="p", location="global"
        )
        base = "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models"
        assert str(place(claude, stream=False).url) == f"{base}/claude-opus-4@20250514:rawPredict"
        assert str(place(claude, stream=True).url) == f"{base}/claude-opus-4@20250514:streamRawPredict"
        assert "x-api-key" not in place(claude, stream=True).headers
        wire = claude.provider.wire("anthropic_messages")
        assert json.loads(with_added(b'{"max_tokens":1}', wire.adds)) == {
            "anthropic_version": "vertex-2023-10-16", "max_tokens": 1
        }  # fmt: skip

    def test_what_a_caller_says_is_not_added_to(self) -> None:
        assert json.loads(with_added(b'{"a":1}', {"a": 2, "b": 3})) == {"a": 1, "b": 3}


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _decoded(text: str) -> dict[str, Any]:
    return json.loads(_bytes(text))
