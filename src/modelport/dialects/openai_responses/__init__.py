"""OpenAI Responses with the reference's extensions, spoken by callers (Codex, the SDKs' default) and by providers.

`wire.py` the types, `request.py` and `items.py` in and out, `output.py` and `response.py` answers, `stream.py` and
`writer.py` events, `reasoning.py` how reasoning items carry what belongs to other providers, `errors.py` faults.
Stateless in both directions (`behaviour.md` section 16): the whole history comes with each request.
"""
