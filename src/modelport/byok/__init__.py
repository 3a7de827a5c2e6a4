"""Own keys: what an account has with providers itself, used in place of the operator's (the reference's BYOK)."""
