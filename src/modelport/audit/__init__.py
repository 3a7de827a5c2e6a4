"""Who changed what, from where, with what it was before and is now: written once, never changed."""
