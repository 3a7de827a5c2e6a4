"""The ledger: accounts, transfers, holds. Fails closed. Read README.md here before changing anything."""
