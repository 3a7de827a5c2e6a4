"""People and the accounts that hold credits and keys."""
