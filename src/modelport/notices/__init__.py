"""Telling an account's people something, by mail and by signed webhook: once for each time it becomes true."""
