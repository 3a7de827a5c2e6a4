"""The load generator: its own process, bounded in count and time, loopback only.

Three modes: `closed` (requests/s and CPU per request at full tilt), `open` (latency at a fixed rate) and
`streams` (CPU per event, lag and memory under many paced streams). Prints one JSON object.
"""

import argparse
import json
from dataclasses import asdict

import uvloop

from .measure import MOST_SECONDS, Target
from .plain_load import ClosedLoop, OpenLoop
from .stream_load import Pace, run_streams
from .wire import PATH


def main() -> None:
    """Run one mode and print its result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("mode", choices=["closed", "open", "streams"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True, help="root of the process tree that is measured")
    parser.add_argument("--path", default=PATH)
    parser.add_argument("--model", default="echo")
    parser.add_argument("--key")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--warm", type=float, default=0.5)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--pace-ms", type=int, default=50)
    parser.add_argument("--ramp", type=float, default=1)
    args = parser.parse_args()
    target = Target(args.port, args.pid, args.path, args.model, args.key)
    seconds = min(args.seconds, MOST_SECONDS)
    warm = min(args.warm, seconds)
    if args.mode == "closed":
        result = uvloop.run(ClosedLoop(target).run(args.concurrency, seconds, warm))
    elif args.mode == "open":
        result = uvloop.run(OpenLoop(target).run(args.rate, seconds, warm))
    else:
        result = uvloop.run(run_streams(target, Pace(args.streams, args.pace_ms, args.ramp), seconds))
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
