"""What the chat path is given to work with: built once by `app.py`, passed down, never looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.accounts.administration import Administration
    from modelport.accounts.identities import Identities
    from modelport.accounts.organizations import Organizations
    from modelport.accounts.passkeys import Passkeys
    from modelport.accounts.second_factor import SecondFactor
    from modelport.accounts.security import Security
    from modelport.accounts.service import Accounts
    from modelport.accounts.sessions import Sessions
    from modelport.accounts.sign_in import SignIn
    from modelport.audit.service import Audit
    from modelport.broadcast.service import Destinations
    from modelport.broadcast.worker import Worker
    from modelport.byok.service import OwnKeys
    from modelport.catalog.price_book import PriceBook
    from modelport.catalog.service import Catalog
    from modelport.catalog.sync import Sync
    from modelport.credits.budgets import Budgets
    from modelport.credits.service import Credits
    from modelport.db.database import Database
    from modelport.gateway.cache import Answers
    from modelport.gateway.trials import Trials
    from modelport.guardrails.service import Guardrails
    from modelport.keys.codes import Codes
    from modelport.keys.leaks import Leaks
    from modelport.keys.service import Keys
    from modelport.keys.watch import Watch
    from modelport.limits.service import Limits
    from modelport.mail.service import Mailer
    from modelport.notices.service import Notices
    from modelport.notices.worker import HookWorker
    from modelport.payments.service import Payments
    from modelport.presets.service import Presets
    from modelport.routing.service import Routing
    from modelport.settings import Settings
    from modelport.system.service import SystemSettings
    from modelport.upstream.client import UpstreamClient
    from modelport.upstream.health import Health
    from modelport.usage.content import Contents
    from modelport.usage.external_users import ExternalUsers
    from modelport.usage.insight import Insight
    from modelport.usage.journal import Journal
    from modelport.usage.leasing import Leasing
    from modelport.usage.service import Usage
    from modelport.workspaces.service import Workspaces

__all__ = ["Services"]


@dataclass(frozen=True, slots=True)
class Services:
    """Every service of the process."""

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
    administration: Administration
    workspaces: Workspaces
    mailer: Mailer
    notices: Notices
    hooks: HookWorker
    outbound: UpstreamClient
    """Calls addresses that users gave: only those of the open internet, unless the operator allows more."""
    keys: Keys
    own_keys: OwnKeys
    """Keys that accounts have with providers themselves."""
    trials: Trials
    """Shows those keys to their providers, for who asks whether they work."""
    destinations: Destinations
    """Where accounts send the traces of their answers."""
    broadcaster: Worker
    leaks: Leaks
    watch: Watch
    audit: Audit
    codes: Codes
    credits: Credits
    catalog: Catalog
    sync: Sync
    limits: Limits
    usage: Usage
    external_users: ExternalUsers
    """Ids of accounts' own customers, as they registered them."""
    insight: Insight
    journal: Journal
    budgets: Budgets
    guardrails: Guardrails
    contents: Contents
    prices: PriceBook
    leasing: Leasing | None
    """Where several processes may serve from one database."""
    payments: Payments
    upstream: UpstreamClient
    health: Health
    cache: Answers
    """Answers that are given again to who wants that."""
    presets: Presets
    routing: Routing
    system: SystemSettings
