"""OpenAI chat completions with OpenRouter's extensions, as callers and most providers speak it.

`wire.py` the types, `request.py` in and out, `response.py` whole answers, `stream.py` events, `errors.py` faults.
Between two sides of this dialect the original body goes through with named patches, so unknown fields survive.
"""
