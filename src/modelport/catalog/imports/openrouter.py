"""The reference's own list of models, saved as a file: `curl https://openrouter.ai/api/v1/models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modelport.catalog.imports.plan import Plan
from modelport.catalog.imports.plan import Unreadable as NotThat
from modelport.catalog.offers.lists import Unreadable, read_list

if TYPE_CHECKING:
    from modelport.catalog.offers.naming import Names

__all__ = ["read_openrouter"]

_SLUG: Final = "openrouter"


def read_openrouter(text: str, names: Names) -> Plan:
    """The plan of such a file: every model, served by the provider of that name. Raises `plan.Unreadable`."""
    plan = Plan(_SLUG, providers={_SLUG: {"slug": _SLUG}})
    try:
        plan.offers = read_list(text.encode(), _SLUG, names, None, {})
    except Unreadable as error:
        raise NotThat(str(error)) from None
    return plan
