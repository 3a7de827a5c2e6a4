"""The operators' API over people, accounts, credits and the audit log; catalogue and payments have their own."""
