"""Settings of the running system: kept in the database, laid over what was read at start."""
