"""The rows of the table of providers, by what kind of provider they are; `providers.table` joins them."""
