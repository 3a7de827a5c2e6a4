"""Modelport: a self-hosted model marketplace and gateway."""

__version__ = "0.1.0"
