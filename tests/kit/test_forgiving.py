"""JSON of unknown making, read as far as it can be."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw, Struct

from modelport.kit.forgiving import Forgiving


class Inner(Struct):
    """One of several."""

    name: str
    count: int = 0


class Body(Struct):
    """An answer."""

    id: str | None = None
    total: int | None = None
    share: float = 0.5
    on: bool = False
    inner: Inner | None = None
    many: list[Inner] = []
    words: list[str] | None = None
    free: dict[str, int] | None = None
    raw: Raw = Raw()


READER = Forgiving(Body)


def read(**fields: Any) -> Body:
    return READER.decode(json.dumps(fields).encode())


class TestMending:
    """A value of another kind becomes one of the kind that was meant, where there is no doubt."""

    @pytest.mark.parametrize(
        ("fields", "meant"),
        [
            ({"total": "12"}, Body(total=12)),
            ({"total": 12.7}, Body(total=12)),
            ({"total": [12]}, Body(total=12)),
            ({"share": "0.25"}, Body(share=0.25)),
            ({"on": "true"}, Body(on=True)),
            ({"id": 7}, Body(id="7")),
            ({"id": True}, Body(id="true")),
            ({"id": {"a": 1}}, Body(id='{"a": 1}')),
            ({"id": ["x"]}, Body(id="x")),
            ({"inner": [{"name": "a"}]}, Body(inner=Inner("a"))),
            ({"many": {"name": "a"}}, Body(many=[Inner("a")])),
            ({"many": [{"name": 5, "count": "3"}]}, Body(many=[Inner("5", 3)])),
        ],
    )
    def test_meant(self, fields: dict[str, Any], meant: Body) -> None:
        assert read(**fields) == meant

    @pytest.mark.parametrize(
        "fields",
        [
            {"total": []}, {"total": {}}, {"total": "many"}, {"total": [1, 2]}, {"share": None}, {"on": 3},
            {"id": []}, {"id": {}}, {"inner": 5}, {"inner": {}}, {"inner": {"name": None}}, {"many": {}},
            {"many": None}, {"words": 5.5}, {"free": {"a": "x"}}, {"free": [1]}, {"total": [[[[]]]]},
        ],
    )  # fmt: skip
    def test_left_out(self, fields: dict[str, Any]) -> None:
        """What can't be meant for anything is as if it had not been sent, and the rest is read."""
        assert read(**fields, raw=1) == Body(raw=Raw(b"1"))

    def test_one_of_many(self) -> None:
        given = [{"name": "a"}, None, {"count": 2}, "b", {"name": "c", "count": None}]
        assert read(many=given).many == [Inner("a"), Inner("c")]

    def test_what_is_right_stays_to_the_letter(self) -> None:
        body = READER.decode(b'{"total": {}, "raw": {"b": 1.50,  "a": 9007199254740993}}')
        assert bytes(body.raw) == b'{"b": 1.50,  "a": 9007199254740993}'

    def test_numbers_beyond_all_measure(self) -> None:
        assert READER.decode(b'{"total": 1e400}') == Body()
        assert READER.decode(b'{"total": -1e30, "id": "x"}').id == "x"


class TestRefusing:
    """What is of another kind altogether is refused as a strict decoder refuses it."""

    @pytest.mark.parametrize("data", [b"", b"<html>", b"5", b'"x"', b"null", b"[1,2]", b'{"a":', b"[" * 9_000, b"[]"])
    def test_no_answer(self, data: bytes) -> None:
        with pytest.raises((msgspec.DecodeError, RecursionError)):
            READER.decode(data)
        assert READER.decode_or_none(data) is None

    def test_a_field_that_all_depends_on(self) -> None:
        with pytest.raises(msgspec.ValidationError, match="missing required field `name`"):
            Forgiving(Inner).decode(b'{"name": null}')

    def test_too_much_to_mend(self) -> None:
        with pytest.raises(msgspec.ValidationError):
            READER.decode(json.dumps({"many": [1] * 40}).encode())

    def test_alone(self) -> None:
        reader: Forgiving[int | None] = Forgiving(int | None)
        assert [reader.decode_or_none(data) for data in (b"5", b"null", b'"5"', b"[5]", b"{}")] == [5, None, 5, 5, None]
