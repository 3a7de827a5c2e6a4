"""Anthropic Messages: what Claude's own API speaks, and what Claude Code and the `anthropic` SDK speak to us.

`wire.py` the types and content blocks, `request.py` in and out, `response.py` whole answers, `stream.py` events,
`errors.py` faults. Facts are from recorded traffic (1,042 exchanges), the `anthropic` SDK 2.12 and `behaviour.md`
sections 4.6, 11 and 17.
"""
