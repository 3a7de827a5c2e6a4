"""The OpenAPI document tells the truth: `schemathesis` asks every operation in it, with and without credentials.

No answer is a fault of ours, none has a status that is not documented, and none is of another form than documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from api_harness import Harness
from fastapi.routing import iter_route_contexts
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from modelport.accounts.sessions import start_session
from modelport.control import control_app
from modelport.keys.access import APP_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case
    from schemathesis.schemas import APIOperation

load_all_checks()
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BEYOND = ("/api/admin/catalog/sync/", "/api/admin/catalog/import/")
"""Routes that fetch from the internet for whoever may ask them to; the others are asked by everybody."""
SETTINGS = hypothesis.settings(
    max_examples=1,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.filter_too_much,
        hypothesis.HealthCheck.data_too_large,
    ],
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server for this file alone: what is asked at random changes it."""
    made = Harness(tmp_path_factory.mktemp("document"), keep_alive_interval=20, request_read_timeout=20)
    yield made
    made.stop(within=1)


class Credentials:
    """Fresh headers for each operation, for some of them end what they are used with."""

    def __init__(self, house: Harness, kind: str) -> None:
        self._house = house
        self._kind = kind
        self._number = 0

    def __call__(self) -> dict[str, str]:
        if self._kind == "nobody":
            return {}
        return self._house.call(self._make())

    async def _make(self) -> dict[str, str]:
        services = self._house.services
        self._number += 1
        user = await services.accounts.create_user(f"{self._kind}{self._number}@document.test")
        if self._kind in {"inference", "management"}:
            management = self._kind == "management"
            text, _ = await services.keys.create(user.account_id, user.id, "x", management=management)
            return {"authorization": f"Bearer {text}"}
        await services.administration.set_operator(user.id, is_operator=self._kind == "operator")
        token, _ = await services.database.write(
            lambda connection: start_session(
                connection,
                services.keys._vault,
                user_id=user.id,
                account_id=user.account_id,
                method="password",
                lifetime_ms=3_600_000,
                address=None,
                user_agent=None,
            )
        )
        return {"cookie": f"modelport={token}", APP_HEADER: "1"}


def ask(operation: APIOperation[Any, Any, Any, Any], url: str, headers: dict[str, str], asked: list[int]) -> None:
    """Asks an operation a few times."""

    @SETTINGS
    @hypothesis.given(case=operation.as_strategy())
    def each(case: Case[Any]) -> None:
        answer = case.call(base_url=url, headers=headers, timeout=30)
        asked.append(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    each()


@pytest.mark.parametrize(
    "kind",
    [
        "nobody",
        pytest.param("inference", marks=pytest.mark.proof),  # as a person may, and less
        pytest.param("management", marks=pytest.mark.proof),
        "person",
        "operator",
    ],
)
def test_every_operation_answers_as_documented(own: Harness, kind: str) -> None:
    schema = schemathesis.openapi.from_dict(own.http.get("/openapi.json").json())
    credentials = Credentials(own, kind)
    asked: list[int] = []
    faults: list[str] = []
    operations = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if kind == "operator" and operation.path.startswith(BEYOND):
            continue
        operations += 1
        try:
            ask(operation, own.url, credentials(), asked)
        except BaseExceptionGroup as group:
            faults += [f"{operation.label}: {each}" for each in group.exceptions]
        except AssertionError as error:
            faults.append(f"{operation.label}: {error}")
    assert not faults, "\n".join(faults)
    assert operations > 100
    assert len(asked) >= operations
    if kind == "nobody":
        assert 401 in asked
    elif kind != "inference":
        assert 200 in asked


HIDDEN = {
    "/api/v1/auth/key",  # older names of what is documented
    "/auth",  # pages for people, without an API
    "/setup/{token}",
    "/",
    "/api/webhooks/epay",  # for payment processors, in their own forms
    "/api/webhooks/stripe",
}
"""Addresses that are left out of the document on purpose."""


def test_every_route_is_in_the_document(own: Harness) -> None:
    documented = {
        (method.upper(), path)
        for path, methods in own.http.get("/openapi.json").json()["paths"].items()
        for method in methods
    }
    routes = {
        (method, str(route.path).replace(":path}", "}"))  # the document names a parameter without its form
        for route in iter_route_contexts(control_app().routes)
        for method in route.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }
    left_out = {path for _, path in routes - documented}
    assert left_out - {"/openapi.json"} <= HIDDEN, left_out
    for prefix in ("/api/admin/", "/api/app/", "/api/v1/byok", "/api/v1/observability/"):
        assert any(path.startswith(prefix) for _, path in documented), prefix
