"""Organisations: members, roles and invitations, as several browsers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from people_house import PASSWORD, code_of, link_of, text_of
from test_people_sign_in import at_once

from api.api_harness import until

if TYPE_CHECKING:
    import httpx
    from people_house import Browser, House


def organization(browser: Browser, name: str = "Acme") -> str:
    """Makes an organisation and looks at it."""
    account = browser.post("/organizations", {"name": name}).json()["account_id"]
    assert browser.post("/me/account", {"account_id": account}).status_code == 204
    return account


def joined(house: House, owner: Browser, account: str, role: str = "member") -> tuple[Browser, str]:
    """Somebody who took an invitation, looking at the organisation."""
    browser, email = house.person()
    made = owner.post("/invitations", {"email": email, "role": role})
    assert made.status_code == 201, made.text
    mail = house.mailbox.wait(email, about="invited")
    assert link_of(mail) == made.json()["link"].partition("#")[2]
    assert browser.post("/invitations/accept", {"token": link_of(mail)}).json() == {"account_id": account}
    assert browser.post("/me/account", {"account_id": account}).status_code == 204
    return browser, browser.me["user"]["id"]


class TestOrganizations:
    """Shared accounts beside everybody's own."""

    def test_two_people_share_one(self, house: House) -> None:
        owner, _ = house.person()
        own = owner.me["account_id"]
        account = organization(owner)
        member, _ = joined(house, owner, account)
        me = member.me
        assert (me["account_id"], me["role"]) == (account, "member")
        assert [each["kind"] for each in me["accounts"]] == ["personal", "organization"]
        house.call(house.services.credits.grant(account, 10**9, reference="t", idempotency_key=f"org:{account}"))
        for browser in (owner, member):
            assert browser.http.get("/api/v1/credits").json()["data"]["total_credits"] == 1
        elsewhere = owner.http.get("/api/v1/credits", headers={"x-modelport-account": own}).json()["data"]
        assert elsewhere["total_credits"] == 0.5
        stranger, _ = house.person()
        answer = stranger.http.get("/api/v1/credits", headers={"x-modelport-account": account})
        assert answer.status_code == 404
        assert stranger.post("/me/account", {"account_id": account}).status_code == 404

    def test_a_session_gets_another_token_when_it_changes_its_account(self, house: House) -> None:
        owner, _ = house.person()
        before = owner.token
        organization(owner)
        assert owner.token != before
        assert house.browser().get("/me", cookie=f"modelport={before}").status_code == 401

    @pytest.mark.parametrize("role", ["member", "billing", "read-only"])
    def test_who_is_no_head_changes_nobody(self, house: House, role: str) -> None:
        owner, _ = house.person()
        account = organization(owner)
        browser, user_id = joined(house, owner, account, role)
        assert browser.get("/members").status_code == 200
        for method, path, body in (
            ("PATCH", f"/members/{user_id}", {"role": "admin"}),
            ("DELETE", f"/members/{owner.me['user']['id']}", None),
            ("POST", "/invitations", {"email": "x@people.test"}),
            ("PATCH", "/organization", {"name": "Mine"}),
            ("POST", "/organization/owner", {"user_id": user_id}),
        ):
            assert browser.send(method, path, body).status_code == 403, path
        chat = {"model": "fake/text", "messages": [{"role": "user", "content": "x"}]}
        status = browser.http.post("/api/v1/chat/completions", json=chat).status_code
        assert (status == 403) is (role != "member")

    def test_an_admin_is_not_the_owner(self, house: House) -> None:
        owner, _ = house.person()
        account = organization(owner)
        admin, admin_id = joined(house, owner, account, "admin")
        owner_id = owner.me["user"]["id"]
        assert admin.send("PATCH", f"/members/{owner_id}", {"role": "member"}).status_code == 409
        assert admin.send("DELETE", f"/members/{owner_id}").status_code == 409
        assert admin.send("PATCH", f"/members/{admin_id}", {"role": "owner"}).status_code == 400
        assert admin.post("/organization/owner", {"user_id": admin_id}).status_code == 403
        assert admin.send("DELETE", "/members/nobody").status_code == 404
        assert owner.post("/organization/leave").status_code == 409
        assert owner.post("/organization/owner", {"user_id": admin_id}).status_code == 204
        assert owner.me["role"] == "admin"
        assert admin.me["role"] == "owner"
        assert owner.post("/organization/leave").status_code == 204
        assert owner.me["role"] == "owner"  # of their own account, which they look at again
        assert [each["user_id"] for each in admin.get("/members").json()["data"]] == [admin_id]

    def test_closed_is_closed_for_everybody(self, house: House) -> None:
        owner, _ = house.person()
        account = organization(owner, "Short-lived Ltd")
        member, user_id = joined(house, owner, account, "admin")
        member.post("/me/account", {"account_id": account})
        text, _ = house.call(house.services.keys.create(account, user_id, "k"))
        bearer = {"authorization": f"Bearer {text}"}
        http = house.browser().http
        assert http.get("/api/v1/key", headers=bearer).status_code == 200
        assert member.post("/organization/close", {"name": "Short-lived Ltd"}).status_code == 403
        assert owner.post("/organization/close", {"name": "Another Ltd"}).status_code == 400
        assert owner.post("/organization/close", {"name": "Short-lived Ltd"}).status_code == 204
        assert http.get("/api/v1/key", headers=bearer).status_code == 401
        assert owner.me["account_id"] != account
        assert member.me["account_id"] != account
        assert account not in str(owner.me)
        assert owner.post("/organization/close", {"name": owner.me.get("account_name") or "x"}).status_code in {
            400,
            409,
        }
        assert "Short-lived" not in str(house.call(house.services.administration.account(account)))

    def test_a_role_binds_keys_within_a_second(self, house: House) -> None:
        owner, _ = house.person()
        account = organization(owner)
        _, user_id = joined(house, owner, account)
        text, _ = house.call(house.services.keys.create(account, user_id, "k"))
        bearer = {"authorization": f"Bearer {text}"}
        http = house.browser().http
        body: dict[str, Any] = {"model": "fake/free:free", "messages": [{"role": "user", "content": "x"}]}

        def status() -> int:
            return http.post("/api/v1/chat/completions", json=body, headers=bearer).status_code

        assert status() == 200
        assert owner.send("PATCH", f"/members/{user_id}", {"role": "read-only"}).status_code == 204
        until(lambda: status() == 403 or None, 1.0)
        assert owner.send("DELETE", f"/members/{user_id}").status_code == 204
        until(lambda: status() == 401 or None, 1.0)

    def test_a_persons_own_account_is_not_shared(self, house: House) -> None:
        owner, _ = house.person()
        assert owner.post("/invitations", {"email": "x@people.test"}).status_code == 400


class TestInvitations:
    """By mail, once, to one address."""

    def test_of_many_at_once_one_is_taken(self, house: House) -> None:
        owner, _ = house.person()
        organization(owner)
        browser, email = house.person()
        owner.post("/invitations", {"email": email})
        token = link_of(house.mailbox.wait(email, about="invited"))

        def accept(_number: int) -> httpx.Response:
            return browser.post("/invitations/accept", {"token": token})

        statuses = sorted(answer.status_code for answer in at_once(4, accept))
        assert statuses[0] == 200
        assert set(statuses[1:]) <= {403, 409}

    def test_it_is_for_one_address(self, house: House) -> None:
        owner, _ = house.person()
        account = organization(owner, "Acme <b>")
        browser, email = house.person()
        owner.post("/invitations", {"email": email, "role": "billing"})
        mail = house.mailbox.wait(email, about="invited")
        assert "Acme <b>" in text_of(mail)
        token = link_of(mail)
        stranger, _ = house.person()
        looked = stranger.post("/invitations/look", {"token": token}).json()
        assert looked == {"email": email, "organization": "Acme <b>", "role": "billing"}
        assert stranger.post("/invitations/accept", {"token": token}).status_code == 403
        assert browser.post("/invitations/accept", {"token": token}).json()["account_id"] == account
        assert owner.post("/invitations", {"email": email}).status_code == 409

    def test_it_can_be_taken_back(self, house: House) -> None:
        owner, _ = house.person()
        organization(owner)
        browser, email = house.person()
        owner.post("/invitations", {"email": email})
        token = link_of(house.mailbox.wait(email, about="invited"))
        [open_] = owner.get("/invitations").json()["data"]
        assert open_["link"] is None
        stranger, _ = house.person()
        assert stranger.send("DELETE", f"/invitations/{open_['id']}").status_code == 404
        assert owner.send("DELETE", f"/invitations/{open_['id']}").status_code == 204
        assert browser.post("/invitations/accept", {"token": token}).status_code == 403

    def test_one_to_the_server_lets_its_address_sign_up(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        changed = house.services.settings.model_copy(update={"registration": "invite"})
        operator, _ = house.person()
        assert operator.post("/server-invitations", {"email": "x@people.test"}).status_code == 403
        from sqlalchemy import text

        user_id = operator.me["user"]["id"]
        house.call(
            house.services.database.write(
                lambda connection: connection.execute(
                    text("UPDATE users SET is_admin = true WHERE id = :id"), {"id": user_id}
                )
            )
        )
        monkeypatch.setattr(house.services.sign_in, "_settings", changed)
        email = house.address()
        assert operator.post("/server-invitations", {"email": email}).status_code == 201
        token = link_of(house.mailbox.wait(email, about="invited"))
        browser = house.browser()
        body = {"email": email, "password": PASSWORD}
        assert browser.post("/auth/sign-up", body).status_code == 403
        assert browser.post("/auth/sign-up", {**body, "email": house.address(), "invitation": token}).status_code == 403
        asked = browser.post("/auth/sign-up", {**body, "invitation": token})
        assert asked.status_code == 202
        code = code_of(house.mailbox.wait(email, about="Confirm"))
        entered = browser.post("/auth/verify", {"ticket": asked.json()["ticket"], "code": code})
        assert entered.json()["is_new"] is True


def page(answer: Any) -> Any:
    """The one page of a list."""
    assert answer is not None
    return answer.result


class TestWorkspaces:
    """The reference's operations, driven by its own client."""

    def test_the_official_client_drives_all_of_them(self, house: House) -> None:
        from openrouter import OpenRouter, errors

        owner, _ = house.person()
        account = organization(owner)
        _, member_id = joined(house, owner, account)
        owner_id = owner.me["user"]["id"]
        text, _ = house.call(house.services.keys.create(account, owner_id, "m", management=True))
        inference, _ = house.call(house.services.keys.create(account, owner_id, "i"))
        with OpenRouter(api_key=text, server_url=f"{house.url}/api/v1") as client:
            listed = page(client.workspaces.list())
            assert [each.slug for each in listed.data] == ["default"]
            made = client.workspaces.create(name="Research", slug="research", description="r").data
            assert made.created_by == owner_id
            assert client.workspaces.get(id="research").data.id == made.id
            changed = client.workspaces.update(id=made.id, name="Lab", default_text_model="fake/text").data
            assert (changed.name, changed.default_text_model, changed.slug) == ("Lab", "fake/text", "research")
            added = client.workspaces.bulk_add_members(id=made.id, user_ids=[member_id, owner_id])
            assert added.added_count == 1
            members = page(client.workspaces.list_members(id=made.id))
            assert {each.user_id: each.role for each in members.data} == {owner_id: "admin", member_id: "member"}
            everybody = page(client.workspaces.list_members(id="default"))
            assert everybody.total_count == 2
            assert client.workspaces.bulk_remove_members(id=made.id, user_ids=[member_id]).removed_count == 1
            budget = client.workspaces.set_budget(workspace_ref="research", interval="monthly", limit_usd=50).data
            assert budget.limit_usd == 50
            assert client.workspaces.get_budget(workspace_ref=made.id, interval="monthly").data.id == budget.id
            with pytest.raises(errors.BadRequestResponseError):
                client.workspaces.set_budget(workspace_ref="research", interval="daily", limit_usd=50)
            client.workspaces.set_budget(workspace_ref="research", interval="lifetime", limit_usd=60.5)
            found = client.workspaces.list_budgets(workspace_ref="research")
            assert [each.limit_usd for each in found.data] == [50, 60.5]
            assert client.workspaces.delete_budget(workspace_ref="research", interval="monthly").DELETED is True
            with pytest.raises(errors.NotFoundResponseError):
                client.workspaces.get_budget(workspace_ref="research", interval="monthly")
            with pytest.raises(errors.BadRequestResponseError):
                client.workspaces.delete(id="default")
            assert client.workspaces.delete(id="research").DELETED is True
            with pytest.raises(errors.NotFoundResponseError):
                client.workspaces.get(id="research")
            people = page(client.organization.list_members())
            assert {each.id: each.role for each in people.data} == {owner_id: "org:admin", member_id: "org:member"}
        with (
            OpenRouter(api_key=inference, server_url=f"{house.url}/api/v1") as client,
            pytest.raises(errors.ForbiddenResponseError, match="Only management keys can perform this operation"),
        ):
            client.workspaces.list()

    def test_another_accounts_is_not_found(self, house: House) -> None:
        owner, _ = house.person()
        stranger, _ = house.person()
        made = owner.http.post("/api/v1/workspaces", json={"name": "Mine", "slug": "mine"}).json()["data"]
        again = owner.http.post("/api/v1/workspaces", json={"name": "Mine", "slug": "mine"})
        assert again.status_code == 409
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"name": "Yours"}),
            ("DELETE", "", None),
            ("GET", "/members", None),
            ("POST", "/members/add", {"user_ids": ["x"]}),
            ("POST", "/members/remove", {"user_ids": ["x"]}),
            ("GET", "/budgets", None),
            ("GET", "/budgets/daily", None),
            ("PUT", "/budgets/daily", {"limit_usd": 1}),
            ("DELETE", "/budgets/daily", None),
        ):
            answer = stranger.http.request(method, f"/api/v1/workspaces/{made['id']}{path}", json=body)
            assert answer.status_code == 404, (method, path, answer.text)
        strangers = {"user_ids": [stranger.me["user"]["id"]]}
        answer = owner.http.post(f"/api/v1/workspaces/{made['id']}/members/add", json=strangers)
        assert answer.status_code == 400

    @pytest.mark.parametrize("slug", ["", "Big", "a b", "-a", "a--b", "x" * 51])
    def test_a_slug_is_a_slug(self, house: House, slug: str) -> None:
        owner, _ = house.person()
        assert owner.http.post("/api/v1/workspaces", json={"name": "A", "slug": slug}).status_code == 400
