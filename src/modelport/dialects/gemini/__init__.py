"""Google's Gemini API (`generateContent`): what AI Studio and Vertex AI speak, and what `google-genai` speaks to us.

`wire.py` names and types, `parts_*.py` what messages are made of, `request*.py` in and out, `response*.py` whole
answers, `stream*.py` events, `passthrough.py` answers that keep their dialect, `errors.py` faults. Facts are from
recorded traffic (952 exchanges of AI Studio and Vertex AI), `google-genai` 3.6.1 and `behaviour.md` section 11, read
in November 2026.
"""
