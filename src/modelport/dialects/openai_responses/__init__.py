"""OpenAI Responses with the reference's extensions, spoken by callers (Codex, the SDKs' default) and by providers.

`request.py`, `response.py` and `stream.py` are the doors; behind them one file reads, one writes and one patches what
goes through to the same dialect (`request_patch.py`, `passthrough.py`). `wire.py` the types, `items.py` the input,
`output.py` the items of answers, `growing.py` those under way, `reasoning.py` how reasoning items carry what belongs to
other providers, `errors.py` faults. Stateless in both directions (`behaviour.md` section 16): the whole history comes
with each request.
"""
