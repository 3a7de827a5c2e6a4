"""Types of single values in a catalogue file, each with a message that says what to do."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from modelport.kit.money import Price, format_price, parse_price
from modelport.kit.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "BaseUrl",
    "Clock",
    "Day",
    "Discount",
    "ModelId",
    "PriceText",
    "ProxyUrl",
    "Seconds",
    "Secret",
    "Slug",
    "Variant",
    "WebUrl",
    "Written",
    "env_name",
    "refuse",
]

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ENV = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_MODEL_ID = re.compile(r"~?[A-Za-z0-9][A-Za-z0-9._-]{0,63}/[A-Za-z0-9._-]{1,127}(:[a-z0-9-]{1,32})?")
_ROUTING_VARIANTS = frozenset({"nitro", "floor", "exacto", "online"})


class Written(float):
    """A number that remembers how it was written, so that a price is read as it stands and not as a float."""

    text: str

    def __new__(cls, text: str) -> Self:
        """`text` is a number in decimal notation."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def refuse(message: Told, remedy: str) -> PydanticCustomError:
    """A fault in words: what is wrong, and what to do."""
    # Braces would be taken for placeholders by the error's template.
    return PydanticCustomError("catalog", "{message}", {"message": message, "remedy": remedy})


def env_name(value: str) -> str | None:
    """The NAME of `env:NAME`; None when `value` is no such reference."""
    match = _ENV.fullmatch(value)
    return match[1] if match else None


def _price(value: object) -> Price:
    if isinstance(value, Written):
        value = value.text
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        value = repr(value)
    remedy = 'write USD per unit as a decimal string in quotes, such as "0.00000015" for 0.15 USD per million tokens'
    if not isinstance(value, str):
        raise refuse(Told("price", "a price is a decimal string"), remedy)
    try:
        return parse_price(value.strip())
    except ValueError as error:
        raise refuse(Told("price", str(error)), remedy) from None


def _discount(value: object) -> str:
    text = value.text if isinstance(value, Written) else str(value) if isinstance(value, (str, int, float)) else ""
    remedy = 'write the part that is not charged as a decimal string from 0 to 1, such as "0.25"'
    if not re.fullmatch(r"[0-9]{0,2}(\.[0-9]{1,9})?", text) or not text or isinstance(value, bool):
        raise refuse(Told("discount", "a discount is a decimal with at most nine decimals"), remedy)
    number = Decimal(text)
    if number > 1:
        raise refuse(Told("discount_most", f"{text!r} is more than 1", given=text), remedy)
    plain = format(number.normalize(), "f")
    return "0" if number == 0 else plain


def _clock(value: object) -> int:
    remedy = "write hours and minutes in UTC as a clock number without a leading zero: 100 for 01:00, 1030 for 10:30"
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise refuse(Told("clock", "a time of day is a clock number"), remedy)
    if not 0 <= value <= 2400 or value % 100 > 59:
        raise refuse(Told("clock", f"{value} is no time of day"), remedy)
    return value


def _base_url(value: str) -> str:
    parts = _split(value, ("http", "https"), "write the address up to the version, such as `https://host/v1`")
    if parts.username is not None or parts.password is not None:
        raise refuse(
            Told("address_password", "the address holds a user name or password"), "put the key into `api_key`"
        )
    if parts.query or parts.fragment or "?" in value or "#" in value:
        raise refuse(
            Told("address_query", "the address has a query or fragment"), "leave off everything from `?` or `#` on"
        )
    if parts.path.rstrip("/").endswith(("/chat/completions", "/completions", "/responses", "/messages")):
        raise refuse(
            Told("address_operation", "the address is that of one operation"),
            "leave off its last part, so that it ends in `/v1`",
        )
    return value.rstrip("/")


def _proxy(value: str) -> str:
    if value.startswith("env:"):
        return _secret(value)
    _split(value, ("http", "socks5", "socks5h"), "write `http://host:port`, `socks5://host:port` or `env:NAME`")
    return value


def _web_url(value: str) -> str:
    _split(value, ("http", "https"), "write a whole address, such as `https://host/privacy`")
    return value


def _split(value: str, schemes: tuple[str, ...], remedy: str):  # noqa: ANN202 (SplitResult, inferred)
    # The value may hold a password, so no message repeats it.
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise refuse(Told("address", "this is no address"), remedy) from None
    begins = [f"`{each}://`" for each in schemes]
    if parts.scheme not in schemes or not parts.hostname or port == 0 or re.search(r"\s", value):
        raise refuse(
            Told("address_begins", f"an address here starts with {' or '.join(begins)}", begins=", ".join(begins)),
            remedy,
        )
    return parts


def _secret(value: str) -> str:
    if value.startswith("env:") and env_name(value) is None:
        raise refuse(
            Told("variable", "this names no environment variable"),
            "write `env:NAME` with letters, digits and underscores",
        )
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise refuse(
            Told("control_character", "the value holds a control character"), "remove line breaks and tabs from it"
        )
    return value


def _model_id(value: str) -> str:
    if not _MODEL_ID.fullmatch(value):
        raise refuse(
            Told("model_id", f"{value!r} is no model id", given=value), "write `author/slug` or `author/slug:variant`"
        )
    variant = value.partition(":")[2]
    if variant in _ROUTING_VARIANTS:
        raise refuse(
            Told(
                "routing_variant", f"`:{variant}` works with every model and is never in the catalogue", variant=variant
            ),
            "leave the variant off; `:free`, `:batch`, `:extended` and `:thinking` are for the catalogue",
        )
    return value


def _matches(pattern: str, what: str, remedy: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise refuse(Told(what, f"{value!r} is no {what}", given=value), remedy)
        return value

    return check


_PRICE_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": r"^[0-9]*\.?[0-9]+$"}, {"type": "number", "minimum": 0}],
    "description": "USD per token, request, image or search. Quote it: a number may be rewritten by tools on the way.",
}
PriceText = Annotated[
    int,
    BeforeValidator(_price),
    PlainSerializer(format_price, return_type=str, when_used="json"),
    WithJsonSchema(_PRICE_SCHEMA),
]
"""A price in USD per unit outside, in nano-dollars per million units inside."""

Discount = Annotated[
    str,
    BeforeValidator(_discount),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number", "minimum": 0, "maximum": 1}]}),
]
Clock = Annotated[
    int,
    BeforeValidator(_clock),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 2400, "description": "1030 for 10:30 UTC."}),
]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
BaseUrl = Annotated[str, AfterValidator(_base_url), Field(json_schema_extra={"format": "uri"})]
ProxyUrl = Annotated[str, AfterValidator(_proxy)]
WebUrl = Annotated[str, AfterValidator(_web_url), Field(json_schema_extra={"format": "uri"})]
Secret = Annotated[str, AfterValidator(_secret)]
ModelId = Annotated[str, AfterValidator(_model_id), Field(json_schema_extra={"pattern": f"^{_MODEL_ID.pattern}$"})]
Slug = Annotated[
    str,
    AfterValidator(
        _matches(r"[a-z0-9][a-z0-9-]{0,63}", "slug", "use small letters, digits and hyphens, at most 64 of them")
    ),
    Field(json_schema_extra={"pattern": "^[a-z0-9][a-z0-9-]{0,63}$"}),
]
Variant = Annotated[
    str,
    AfterValidator(_matches(r"[a-z0-9][a-z0-9._-]{0,63}", "variant", "use small letters, digits, `.`, `_` and `-`")),
    Field(json_schema_extra={"pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"}),
]


def _day(value: object) -> int:
    if isinstance(value, int) and 0 <= value < 7:
        return value
    if isinstance(value, str) and value in _DAYS:
        return _DAYS.index(value)
    raise refuse(Told("day", f"{value!r} is no day of the week"), f"write one of {', '.join(_DAYS)}")


def _day_name(number: int) -> str:
    return _DAYS[number]


Day = Annotated[
    int,
    BeforeValidator(_day),
    PlainSerializer(_day_name, return_type=str, when_used="json"),
    WithJsonSchema({"enum": list(_DAYS)}),
]
