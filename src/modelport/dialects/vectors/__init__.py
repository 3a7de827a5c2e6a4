"""Embeddings and rerank: requests that are answered with numbers, in the shapes that callers and providers write.

`meaning.py` is the one vocabulary, as `canonical` is for answers in words; each other module is one shape, in both
directions: `openai.py` and `gemini.py` embed, `rerank.py` and `cohere_rerank.py` rank, `cohere.py` embeds.
`fitting.py` makes an answer what its caller asked for; `fields.py` and `images.py` are what the shapes share. Errors
are those of each family's chat dialect.

A vector stays the JSON text it came as, so that no digit is lost and no time is spent on it.
"""
