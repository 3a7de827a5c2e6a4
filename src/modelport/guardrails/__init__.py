"""Guardrails: what keys and members may be used for, and what may not be sent with them. See `README.md`."""
