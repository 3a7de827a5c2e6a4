"""Leaving: everything a person has here as one file, and the end of their account.

What must stay stays without them: the ledger is append-only, so its accounts remain, under no name. The person's
address, name, sign-ins, sessions, identities, passkeys and notices go; their keys stop within a second.
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from modelport.accounts.errors import OwnerStays
from modelport.accounts.roles import Role
from modelport.errors import WrongField
from modelport.kit.money import format_usd

if TYPE_CHECKING:
    from modelport.people.services import Services

__all__ = ["close_organization", "delete_account", "export"]


async def export(services: Services, user_id: str) -> bytes:
    """A zip of JSON files: the person, their accounts, keys, sessions, notices and credits. No secret is in it."""
    person = await services.accounts.person(user_id)
    files: dict[str, Any] = {
        "person.json": {
            "id": person.id,
            "email": person.email,
            "name": person.name,
            "language": person.language,
            "created_at_ms": person.created_at,
            "is_verified": person.is_verified,
            "has_password": person.has_password,
            "has_second_factor": person.has_second_factor,
        },
        "accounts.json": [each._asdict() for each in person.accounts],
        "sessions.json": [each._asdict() for each in await services.sessions.of_user(user_id)],
        "identities.json": [each._asdict() for each in await services.identities.of_user(user_id)],
        "passkeys.json": [
            {"id": each.id, "name": each.name, "created_at_ms": each.created_at}
            for each in await services.passkeys.of_user(user_id)
        ],
        "notices.json": [
            {"kind": each.kind, "facts": json.loads(each.facts), "created_at_ms": each.created_at}
            for each in await services.notices.recent(person.account_id)
        ],
        "external_users.json": await services.external_users.known(person.account_id),
        "keys.json": [],
        "credits.json": {},
    }
    for each in person.accounts:
        for key in await services.keys.of_account(each.account_id):
            if key.user_id == user_id:
                files["keys.json"].append(
                    {
                        "account_id": key.account_id,
                        "name": key.name,
                        "label": key.label,
                        "created_at_ms": key.created_at,
                        "expires_at_ms": key.expires_at,
                        "limit_usd": None if key.limit is None else format_usd(key.limit),
                    }
                )
    totals = await services.credits.totals(person.account_id)
    files["credits.json"] = {
        "account_id": person.account_id,
        "granted_usd": format_usd(totals.granted),
        "used_usd": format_usd(totals.used),
    }
    return await asyncio.to_thread(_zipped, files)


def _zipped(files: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(name, json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    return out.getvalue()


async def delete_account(services: Services, user_id: str) -> None:
    """Ends a person's account for good.

    Raises `OwnerStays` while they own an organisation that others are in, or are the last operator.
    """
    person = await services.accounts.person(user_id)
    alone: list[str] = []
    for each in person.accounts:
        if each.kind == "organization" and each.role is Role.OWNER:
            if len(await services.organizations.members(each.account_id)) > 1:
                raise OwnerStays(f"You own {each.name!r}, which others are in: hand it over first.")
            alone.append(each.account_id)
    if person.is_operator and await services.accounts.count_operators() < 2:
        raise OwnerStays("You are the last operator of this server: make another one first.")
    for each in person.accounts:
        for key in await services.keys.of_account(each.account_id):
            if key.user_id == user_id or each.account_id in {person.account_id, *alone}:
                await services.keys.revoke(key.hash)
    for account_id in (person.account_id, *alone):
        await _forget(services, account_id)
    await services.notices.forget_person(person.account_id, user_id)
    await services.accounts.erase(user_id, also_accounts=alone)


async def close_organization(services: Services, account_id: str, user_id: str, name: str) -> None:
    """Ends an organisation for good, with everybody in it but none of them.

    Raises `OwnerStays` for somebody's own account, which ends with the person; `WrongField` when the name is another's.
    """
    (account,) = [each for each in (await services.accounts.person(user_id)).accounts if each.account_id == account_id]
    if account.kind != "organization":
        raise OwnerStays("This is your own account: it ends when you delete yourself.")
    if account.name != name.strip():
        raise WrongField("name", "is not the organization's name.", kind="mismatch")
    members = [each.user_id for each in await services.organizations.members(account_id)]
    for key in await services.keys.of_account(account_id):
        await services.keys.revoke(key.hash)
    await _forget(services, account_id)
    await services.organizations.close(account_id)
    for member in members:
        await services.workspaces.forget_person(account_id, member)
        services.keys.standing_changed(account_id, member)


async def _forget(services: Services, account_id: str) -> None:
    """What an account that ends has of secrets and of others' words."""
    await services.own_keys.forget_account(account_id)
    await services.destinations.forget_account(account_id)
    await services.contents.forget_account(account_id)
    await services.external_users.forget_account(account_id)
