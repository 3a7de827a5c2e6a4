"""One server with a mail server and identity providers for each worker; people are told apart by their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from identity_servers import GitHub, OpenId, an_openid_server
from people_house import House

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def openid() -> Iterator[OpenId]:
    with an_openid_server() as server:
        yield server


@pytest.fixture(scope="session")
def github() -> Iterator[GitHub]:
    made = GitHub()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, openid: OpenId, github: GitHub) -> Iterator[House]:
    made = House(
        tmp_path_factory.mktemp("people"),
        trusted_proxies=["127.0.0.1/32"],
        sign_up_bonus="0.5",
        private_addresses=True,
        github_url=github.url,
        github_client_id="github-client",
        github_client_secret="github-secret",
        oidc_providers=[
            {
                "slug": "acme",
                "name": "Acme",
                "issuer": openid.url,
                "client_id": "modelport",
                "client_secret": "acme-secret-canary",
            }
        ],
    )
    yield made
    made.stop()
