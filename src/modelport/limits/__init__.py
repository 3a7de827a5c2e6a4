"""Rate limits and the free tier's quota. Fails open: a limiter that is down refuses nobody."""
