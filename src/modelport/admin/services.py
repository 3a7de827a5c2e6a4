"""What these routes are given to work with: the part of `gateway.services.Services` they use, told by its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from modelport.accounts.administration import Administration
    from modelport.accounts.organizations import Organizations
    from modelport.accounts.service import Accounts
    from modelport.audit.service import Audit
    from modelport.broadcast.service import Destinations
    from modelport.byok.service import OwnKeys
    from modelport.catalog.price_book import PriceBook
    from modelport.catalog.service import Catalog
    from modelport.credits.service import Credits
    from modelport.mail.service import Mailer
    from modelport.notices.service import Notices
    from modelport.system.service import SystemSettings
    from modelport.upstream.health import Health
    from modelport.usage.content import Contents
    from modelport.usage.service import Usage

__all__ = ["Services"]


class Services(Protocol):
    """Services of the process."""

    accounts: Accounts
    administration: Administration
    organizations: Organizations
    audit: Audit
    catalog: Catalog
    credits: Credits
    health: Health
    mailer: Mailer
    notices: Notices
    contents: Contents
    own_keys: OwnKeys
    prices: PriceBook
    destinations: Destinations
    system: SystemSettings
    usage: Usage
