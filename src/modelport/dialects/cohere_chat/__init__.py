"""Cohere's chat API, version 2: what Command models' own API speaks, and what the `cohere` SDK speaks to us.

`wire.py` the types, `content_*.py` messages and what they are made of, `citations.py` sources and probabilities,
`request*.py` in and out, `response*.py` whole answers, `stream*.py` events, `passthrough.py` both for callers of the
same dialect, `errors.py` faults. Facts are from recorded traffic (95 exchanges), the `cohere` SDK 7.3.1 and Cohere's
reference of the endpoint (docs.cohere.com/reference/chat, read in November 2026).
"""
