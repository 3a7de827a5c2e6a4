"""OpenAI's text completions (`POST /completions`): a prompt that a model goes on writing, without turns or tools.

`wire.py` the types, `request.py` in and out, `response.py` whole answers, `stream.py` events, `logprobs.py` the
probabilities of tokens in both spellings, `errors.py` faults. Facts are from recorded traffic, the `openai` SDK 3.54
and `behaviour.md` section 2.
"""
