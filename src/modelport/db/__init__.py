"""The database: engines, transactions, migrations, and the log of changes that keeps caches honest."""
