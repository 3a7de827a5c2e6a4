"""Workspaces: parts of an account with their own keys, budgets, members and defaults."""
