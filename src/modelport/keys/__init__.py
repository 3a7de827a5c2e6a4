"""API keys: made once, shown once, kept as a keyed hash, checked in memory."""
