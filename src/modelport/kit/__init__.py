"""The ground everything stands on: ids, money, clock, secrets. No domain words in here."""
