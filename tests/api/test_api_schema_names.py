"""The OpenAPI document names each schema once: two classes of one name would rename both, and break typed clients."""

from __future__ import annotations

from modelport.control import control_app


def test_no_schema_is_named_after_its_module() -> None:
    names = control_app().openapi()["components"]["schemas"]
    assert not [name for name in names if name.startswith("modelport__")], "give one of the two classes another name"
