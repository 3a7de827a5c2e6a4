"""Users are made and found by one form of their address, and the first administrator's link works once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from accounts_samples import PASSWORD, place
from argon2 import PasswordHasher
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from modelport.accounts.errors import BadEmail, EmailTaken, NoSuchUser, SetupLinkSpent, WeakPassword
from modelport.accounts.service import normal_email
from modelport.accounts.tables import accounts as accounts_table
from modelport.accounts.tables import setup_tokens, users

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def password_hashes(connection: Connection) -> list[str | None]:
    return list(connection.scalars(select(users.c.password_hash)))


class TestNormalEmail:
    """One address, one form."""

    @pytest.mark.parametrize("typed", ["Owner@Example.COM", "  owner@example.com\n", "OWNER@EXAMPLE.COM"])
    def test_one_address_has_one_form(self, typed: str) -> None:
        assert normal_email(typed) == "owner@example.com"

    @pytest.mark.parametrize("typed", ["用户@例子.公司", "a+b@x", "o'neil@example.com", f"{'l' * 64}@{'d' * 190}"])
    def test_unusual_addresses_are_let_through(self, typed: str) -> None:
        assert normal_email(typed) == typed

    @pytest.mark.parametrize(
        "typed",
        [
            *("", "@", "a@", "@b", "a b@c", "a@b@c", "a@b c", f"{'l' * 65}@d", f"l@{'d' * 191}"),
            *("a\x00@b", "a\x7f@b", "a\x85@b", "a\u202e@b", "a\u200b@b", "a\ud800@b", "a@b\u2028c"),
        ],
    )
    def test_what_is_no_address_is_refused(self, typed: str) -> None:
        with pytest.raises(BadEmail):
            normal_email(typed)

    @given(st.text(st.characters(exclude_characters="@"), max_size=300))
    def test_nothing_without_an_at_sign_is_an_address(self, typed: str) -> None:
        with pytest.raises(BadEmail) as refused:
            normal_email(typed)
        refused.value.message.encode()  # can be shown, whatever was typed

    @given(st.text(max_size=40), st.text(max_size=40))
    @example("İ", "ẞ")
    def test_the_form_is_stable_printable_and_bounded(self, local: str, domain: str) -> None:
        """Whatever passes is its own normal form and has one `@` and no blank in it."""
        try:
            email = normal_email(f"{local}@{domain}")
        except BadEmail:
            return
        assert normal_email(email) == email
        assert email.isprintable()
        assert email.count("@") == 1
        assert email.split() == [email]
        assert len(email) <= 255


class TestCreateUser:
    """Users and their accounts."""

    async def test_a_user_gets_an_account_and_is_found(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            made = await here.accounts.create_user(" Someone@Example.com ")
            assert made.email == "someone@example.com"
            assert not made.is_admin
            assert made.id != made.account_id
            assert await here.accounts.user("SOMEONE@example.com") == made
            assert await here.accounts.first_admin() is None
            rows = await here.database.read(lambda connection: connection.execute(select(accounts_table)).all())
            assert [row.id for row in rows] == [made.account_id]

    async def test_an_address_is_taken_in_any_case_and_leaves_nothing_behind(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            await here.accounts.create_user("one@example.com")
            with pytest.raises(EmailTaken, match="one@example"):
                await here.accounts.create_user("ONE@example.com", is_admin=True)
            count = select(func.count()).select_from(accounts_table)
            assert await here.database.read(lambda connection: connection.scalar(count)) == 1

    async def test_of_many_at_once_one_is_made(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            ends = await asyncio.gather(
                *(here.accounts.create_user("one@example.com") for _ in range(20)), return_exceptions=True
            )
            assert sum(isinstance(end, EmailTaken) for end in ends) == 19

    async def test_a_bad_address_is_refused(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            with pytest.raises(BadEmail):
                await here.accounts.create_user("nobody")
            with pytest.raises(BadEmail):
                await here.accounts.user("nobody")

    async def test_nobody_is_found_by_an_unknown_address(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            with pytest.raises(NoSuchUser, match="modelport users create"):
                await here.accounts.user("nobody@example.com")

    async def test_the_first_administrator_stays_the_first(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            first = await here.accounts.create_user("first@example.com", is_admin=True)
            await asyncio.sleep(0.005)  # creation times are milliseconds
            await here.accounts.create_user("second@example.com", is_admin=True)
            assert await here.accounts.first_admin() == first


class TestSetup:
    """The administrator's link."""

    async def test_it_sets_address_and_password(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            admin = await here.accounts.create_user("admin@localhost", is_admin=True)
            token = await here.accounts.open_setup(admin.id)
            assert await here.accounts.setup_user(token) == admin
            assert not await here.accounts.has_password(admin.id)
            await here.accounts.finish_setup(token, "Owner@example.com", PASSWORD)
            assert await here.accounts.user("owner@example.com") == admin._replace(email="owner@example.com")
            assert await here.accounts.has_password(admin.id)
            [stored] = await here.database.read(password_hashes)
            assert stored is not None
            assert PasswordHasher().verify(stored, PASSWORD)
            with pytest.raises(SetupLinkSpent):
                await here.accounts.setup_user(token)
            with pytest.raises(SetupLinkSpent):
                await here.accounts.finish_setup(token, "thief@example.com", PASSWORD)

    async def test_the_address_may_stay_as_it_is(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            admin = await here.accounts.create_user("admin@localhost", is_admin=True)
            await here.accounts.finish_setup(
                await here.accounts.open_setup(admin.id), "admin@localhost", "tidal-Marble-39"
            )
            assert await here.accounts.first_admin() == admin

    async def test_a_refusal_leaves_link_and_user_as_they_were(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            admin = await here.accounts.create_user("admin@localhost", is_admin=True)
            await here.accounts.create_user("taken@example.com")
            token = await here.accounts.open_setup(admin.id)
            with pytest.raises(WeakPassword):
                await here.accounts.finish_setup(token, "owner@example.com", "9 letters")
            with pytest.raises(BadEmail):
                await here.accounts.finish_setup(token, "owner", PASSWORD)
            with pytest.raises(EmailTaken):
                await here.accounts.finish_setup(token, "Taken@example.com", PASSWORD)
            assert await here.accounts.setup_user(token) == admin
            assert await here.database.read(password_hashes) == [None, None]

    async def test_a_new_link_voids_the_older(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            admin = await here.accounts.create_user("admin@localhost", is_admin=True)
            older, newer = [await here.accounts.open_setup(admin.id) for _ in range(2)]
            with pytest.raises(SetupLinkSpent):
                await here.accounts.finish_setup(older, "owner@example.com", PASSWORD)
            assert await here.accounts.setup_user(newer) == admin

    async def test_the_database_knows_neither_token_nor_password(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            admin = await here.accounts.create_user("admin@localhost", is_admin=True)
            token = await here.accounts.open_setup(admin.id)
            await here.accounts.finish_setup(token, "owner@example.com", PASSWORD)
            await here.database.read(lambda connection: connection.execute(text("select 1")))
            stored = here.bytes_on_disk()
            assert b"$argon2id$" in stored
            assert b"owner@example.com" in stored
            assert PASSWORD.encode() not in stored
            assert token.encode() not in stored
            rows = await here.database.read(lambda connection: connection.execute(select(setup_tokens)).all())
            assert [len(row.token_hash) for row in rows] == [64]
