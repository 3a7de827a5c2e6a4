"""The command line: `modelport serve`, and everything an operator does without the web app."""
