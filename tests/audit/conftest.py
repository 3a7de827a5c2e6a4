"""Real databases."""

from __future__ import annotations

from db.database_places import blocking_where_it_may, cluster, migrated_file, migrated_server, place, quiet

__all__ = ["blocking_where_it_may", "cluster", "migrated_file", "migrated_server", "place", "quiet"]
