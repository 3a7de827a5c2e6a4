"""Amazon Bedrock's Converse and ConverseStream: what `boto3` speaks, and what Bedrock takes for every model it hosts.

`wire.py` the types, `media.py` files and their formats, `ways.py` what each line of models wants said in its own
way, `blocks_*` content, `request*` in and out, `response_*` whole answers, `stream_*` events, `errors.py` faults. Facts
are from recorded traffic (293 exchanges), the service model in botocore 1.44 and `behaviour.md` section 11.

Model and stream stand in the address, not in the body. Streams are binary: `kit/eventstream.py`.
"""
