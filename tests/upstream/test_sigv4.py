"""Amazon's signatures: the published vectors, botocore as an oracle, and what really leaves the socket."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st
from test_client import echo
from upstream_peers import serve
from yarl import URL

from modelport.upstream.sigv4 import Credentials, Scope, sign, signer

if TYPE_CHECKING:
    from modelport.upstream.client import UpstreamClient

# The key, the time and the scope of AWS's "Signature Version 4 test suite".
VECTORS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SCOPE = Scope("us-east-1", "service")
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


def signature(headers: dict[str, str]) -> str:
    return headers["Authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "/?Param1=value1", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
        ("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        ("GET", "/example/..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("GET", "//", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ],
)
def test_published_vectors(method: str, target: str, expected: str) -> None:
    headers = sign(method, "https://example.amazonaws.com" + target, {}, b"", credentials=VECTORS, scope=SCOPE, at=AT)
    assert headers["X-Amz-Date"] == "20150830T123600Z"
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={expected}"
    )


def test_published_vector_of_a_form() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    signed = sign(
        "POST",
        "https://example.amazonaws.com/",
        headers,
        b"Param1=value1",
        credentials=VECTORS,
        scope=SCOPE,
        at=AT,
    )
    assert signature(signed) == "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"


def by_botocore(
    method: str, url: str, headers: dict[str, str], body: bytes, token: str | None, at: datetime
) -> dict[str, str]:
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    signing = auth.SigV4Auth(BotoCredentials("AKID", "secret", token), "bedrock", "eu-west-1")
    with mock.patch.object(auth, "get_current_datetime", return_value=at.replace(tzinfo=None)):
        signing.add_auth(request)
    return dict(request.headers.items())


SEGMENTS = st.text("abcXYZ019-_.~:%/=+$ é", min_size=1, max_size=12)
TOKENS = st.none() | st.text("abc/+=", min_size=1, max_size=20)


@given(
    st.sampled_from(["GET", "POST"]),
    SEGMENTS,
    st.sampled_from(["", ":8443"]),
    st.binary(max_size=40),
    TOKENS,
    st.dictionaries(st.sampled_from(["content-type", "x-thing", "Accept"]), st.text("ab /;", max_size=9), max_size=3),
    st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year >= 1000),  # as botocore, with four digits
)
def test_like_botocore(
    method: str,
    model: str,
    port: str,
    body: bytes,
    token: str | None,
    headers: dict[str, str],
    at: datetime,
) -> None:
    """Whatever the id of the model, and however the address is spelled once it is one."""
    at = at.replace(microsecond=0, tzinfo=UTC)
    url = str(
        URL(f"https://bedrock-runtime.eu-west-1.amazonaws.com{port}") / "model" / model.strip("./ ~%") / "converse"
    )
    theirs = by_botocore(method, url, headers, body, token, at)
    credentials, scope = Credentials("AKID", "secret", token), Scope("eu-west-1", "bedrock")
    ours = sign(method, url, headers, body, credentials=credentials, scope=scope, at=at)
    assert {name: theirs[name] for name in ours} == ours


async def test_what_leaves_the_socket_is_what_was_signed(client: UpstreamClient) -> None:
    """Address, host and headers as the server sees them give the same signature again."""
    async with serve(echo) as peer:
        target = peer.target()
        url = URL(str(target.url.origin()) + "/model/us.acme.model-v1%3A0%2Fx/converse", encoded=True)
        kind = {"content-type": "application/json"}
        signing = signer(
            "POST", str(url), kind, Credentials("AKID", "secret", "tok/en="), Scope("eu-west-1", "bedrock")
        )
        reply = await client.send(dataclasses.replace(target, url=url, sign=signing), b'{"a":1}')
        await reply.read(100)
    head, _, body = peer.requests[0].decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    named = [line.split(": ", 1) for line in lines]
    got = {name.lower(): value for name, value in named}
    assert len(got) == len(named)  # the key of the target gave way
    assert first == "POST /model/us.acme.model-v1%3A0%2Fx/converse HTTP/1.1"
    at = datetime.strptime(got["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    expected = by_botocore("POST", f"http://{got['host']}{first.split()[1]}", kind, body.encode(), "tok/en=", at)
    assert got["authorization"] == expected["Authorization"]
    assert got["x-amz-security-token"] == "tok/en="


async def test_a_get_is_not_signed(client: UpstreamClient) -> None:
    def never(_body: bytes) -> dict[str, str]:
        raise AssertionError

    async with serve(echo) as peer:
        reply = await client.get(dataclasses.replace(peer.target(), sign=never))
        assert await reply.read(100) == b'{"ok":true}'


def test_secrets_do_not_show() -> None:
    assert "secret" not in repr(Credentials("AKID", "secret", "secret too"))
