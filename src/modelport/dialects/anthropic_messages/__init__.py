"""Anthropic Messages: what Claude's own API speaks, and what Claude Code and the `anthropic` SDK speak to us.

`request.py`, `response.py` and `stream.py` are the doors; behind them one file reads, one writes and one patches what
goes through to the same dialect (`request_patch.py`, `passthrough.py`). `wire.py` the types, `blocks_*.py` the content,
`thinking.py` how much to think, `errors.py` faults. Facts are from recorded traffic (1,042 exchanges), the `anthropic`
SDK 2.12 and `behaviour.md` sections 4.6, 11 and 17.
"""
