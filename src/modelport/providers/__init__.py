"""Whom we call: address, credentials, dialect, and what each gets wrong, as records."""
