"""Presets: a model, its parameters and a system prompt under one name, in versions."""
