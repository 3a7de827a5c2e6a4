"""What these routes are given to work with: the part of `gateway.services.Services` they use, told by its shape.

The record itself stands above, with the chat path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from modelport.accounts.identities import Identities
    from modelport.accounts.organizations import Organizations
    from modelport.accounts.passkeys import Passkeys
    from modelport.accounts.second_factor import SecondFactor
    from modelport.accounts.security import Security
    from modelport.accounts.service import Accounts
    from modelport.accounts.sessions import Sessions
    from modelport.accounts.sign_in import SignIn
    from modelport.byok.service import OwnKeys
    from modelport.credits.budgets import Budgets
    from modelport.credits.service import Credits
    from modelport.db.database import Database
    from modelport.keys.codes import Codes
    from modelport.keys.service import Keys
    from modelport.mail.service import Mailer
    from modelport.notices.service import Notices
    from modelport.settings import Settings
    from modelport.usage.content import Contents
    from modelport.usage.external_users import ExternalUsers
    from modelport.workspaces.service import Workspaces

__all__ = ["Services"]


class AccountForgetter(Protocol):
    """What is told when an account is closed; it may stand beside these routes."""

    async def forget_account(self, account_id: str) -> None:
        """Deletes everything of the account."""
        ...


class Services(Protocol):
    """Services of the process."""

    settings: Settings
    database: Database
    accounts: Accounts
    sessions: Sessions
    sign_in: SignIn
    second_factor: SecondFactor
    security: Security
    passkeys: Passkeys
    organizations: Organizations
    identities: Identities
    workspaces: Workspaces
    mailer: Mailer
    notices: Notices
    keys: Keys
    own_keys: OwnKeys
    destinations: AccountForgetter
    external_users: ExternalUsers
    codes: Codes
    credits: Credits
    budgets: Budgets
    contents: Contents
