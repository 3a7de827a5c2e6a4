"""Real databases, and the house's money on them."""

from __future__ import annotations

from credits.money_house import house
from db.database_places import blocking_where_it_may, cluster, migrated_file, migrated_server, place, quiet

__all__ = ["blocking_where_it_may", "cluster", "house", "migrated_file", "migrated_server", "place", "quiet"]
