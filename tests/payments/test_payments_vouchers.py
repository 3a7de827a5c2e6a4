"""Vouchers: redeemed once whoever comes at once, guessed never, gone when they are taken back."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.kit.money import parse_usd
from modelport.payments import voucher_codes

if TYPE_CHECKING:
    from payments_house import House

    from modelport.payments.vouchers import Vouchers


class Killed(Exception):
    """The process dies here."""


def make(house: House, **wanted: Any) -> tuple[str, list[str]]:
    """A batch and its codes."""
    answer = house.operator.ask("POST", "/admin/vouchers", {"amount": "5", "count": 1, **wanted})
    assert answer.status_code == 200, answer.text
    value = answer.json()
    return value["batch"]["id"], value["codes"]


def redeem(buyer: Any, code: str) -> Any:
    return buyer.ask("POST", "/app/payments/redeem", {"code": code})


@pytest.fixture(autouse=True)
def _fresh_counts(house: House) -> None:
    """All tests come from one address; each begins with none of its guesses counted."""
    house.harness.call(house.payments.vouchers._guesses.storage.reset())  # type: ignore[arg-type]


def test_a_hundred_at_once_give_one_credit(house: House) -> None:
    _, [code] = make(house)
    buyers = [house.buyer() for _ in range(5)]
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(redeem, buyers[number % 5], code) for number in range(100)]
        answers = [each.result().status_code for each in asked]
    assert sorted(set(answers)) == [200, 409]
    assert answers.count(200) == 1
    assert sum(each.balance for each in buyers) == parse_usd("5")


def test_as_people_type_it(house: House) -> None:
    _, [code] = make(house)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    buyer = house.buyer()
    assert redeem(buyer, f"  {typed} ").json()["amount"] == "5"
    assert buyer.balance == parse_usd("5")


def test_guessing_is_locked_out_early(house: House) -> None:
    """Ten thousand guesses: the eleventh is refused already, and a right code with it; nobody else is held up."""
    _, codes = make(house, count=2)
    guesser = house.buyer()
    vouchers: Vouchers = house.payments.vouchers
    from modelport.errors import ModelportError

    async def guess() -> list[int]:
        seen: list[int] = []
        for _ in range(10_000):
            try:
                await vouchers.redeem(guesser.account_id, guesser.user_id, voucher_codes.make(), network=None)
            except ModelportError as error:
                seen.append(error.code)
        return seen

    seen = house.harness.call(guess())
    assert seen[:10] == [400] * 10
    assert set(seen[10:]) == {429}
    answer = redeem(guesser, codes[0])
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert redeem(house.buyer(), codes[0]).status_code == 200


def test_one_network_is_counted_over_all_its_accounts(house: House) -> None:
    statuses = [redeem(buyer, "nonsense").status_code for buyer in [house.buyer() for _ in range(5)] for _ in range(8)]
    assert statuses == [400] * 30 + [429] * 10


def test_no_word_tells_a_wrong_code_from_a_dead_one(house: House) -> None:
    """Mistyped, never made, revoked: the same answer by the same statements."""
    batch, [code] = make(house)
    assert house.operator.ask("POST", f"/admin/vouchers/{batch}/revoke").json() == {"revoked": 1}
    buyer = house.buyer()
    answers = {redeem(buyer, each).text for each in (code, voucher_codes.make(), "MPV-AAAAA-AAAAA-AAAAA-AAAAA", "x")}
    assert len(answers) == 1


def test_mistyped_codes_take_the_way_of_others(house: House) -> None:
    """No timing signal: every code costs the same one look-up."""
    from sqlalchemy import event

    buyer = house.buyer()
    database = house.harness.services.database
    assert database._writer is not None

    def statements(code: str) -> list[str]:
        seen: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if "vouchers" in statement:
                seen.append(statement)

        event.listen(database._writer, "before_cursor_execute", note)
        try:
            redeem(buyer, code)
        finally:
            event.remove(database._writer, "before_cursor_execute", note)
        return seen

    assert statements("x") == statements(voucher_codes.make()) != []


def test_so_many_for_each_person(house: House) -> None:
    _, codes = make(house, count=5, per_user=2)
    buyer = house.buyer()
    with ThreadPoolExecutor(5) as pool:
        statuses = sorted(each.result().status_code for each in [pool.submit(redeem, buyer, code) for code in codes])
    assert statuses == [200, 200, 409, 409, 409]
    assert buyer.balance == parse_usd("10")


def test_a_batch_as_a_file(house: House) -> None:
    answer = house.operator.ask("POST", "/admin/vouchers.csv", {"amount": "2.5", "count": 3, "note": "spring"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["usd"] for row in rows] == ["2.5"] * 3
    assert redeem(house.buyer(), rows[0]["code"]).status_code == 200
    [batch] = [each for each in house.operator.ask("GET", "/admin/vouchers").json() if each["id"] == rows[0]["batch"]]
    assert (batch["redeemed"], batch["count"], batch["note"]) == (1, 3, "spring")


def test_codes_are_nowhere_in_the_database(house: House) -> None:
    _, [code] = make(house)
    plain, _ = voucher_codes.read(code)
    path = house.harness.settings.sqlite_path
    for file in (path, path.with_name(path.name + "-wal")):
        content = file.read_bytes()
        assert plain.encode() not in content
        assert code.encode() not in content


def test_only_operators_make_them(house: House) -> None:
    assert house.buyer().ask("POST", "/admin/vouchers", {"amount": "5", "count": 1}).status_code == 403


def test_expired_batches_and_credits_that_expire(house: House) -> None:
    answer = house.operator.ask(
        "POST", "/admin/vouchers", {"amount": "5", "count": 1, "expires_at": "2020-01-01T00:00:00Z"}
    )
    assert answer.status_code == 400
    _, [code] = make(house, credits_days=1)
    buyer = house.buyer()
    assert redeem(buyer, code).json()["expires_at"] is not None
    from modelport.kit import clock

    credits = house.harness.services.credits
    house.harness.call(credits.expire(clock.now_ms() + 2 * 86_400_000))
    assert buyer.balance == 0


def test_redeemed_when_the_process_died(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    _, [code] = make(house)
    buyer = house.buyer()

    async def dies(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(house.harness.services.credits, "redeem", dies)
        assert redeem(buyer, code).status_code == 500
    assert redeem(buyer, code).status_code == 409
    assert buyer.balance == 0
    house.round()
    assert buyer.balance == parse_usd("5")


@given(st.text(max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    plain, good = voucher_codes.read(text)
    assert not good or len(plain) == 20


@given(st.integers(0, 19), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_most_slips_are_found(at: int, letter: str) -> None:
    """A wrong letter is found with the chance that ten bits give; the code itself always reads."""
    code = voucher_codes.make()
    plain, good = voucher_codes.read(code)
    assert good
    assert voucher_codes.read(plain) == (plain, True)
    slipped = plain[:at] + letter + plain[at + 1 :]
    if slipped != plain and at >= 18:
        assert not voucher_codes.read(slipped)[1]
