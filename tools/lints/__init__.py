"""The house's own lints: rules that no common tool knows. Each is one file with a `check`, a remedy and a test."""
