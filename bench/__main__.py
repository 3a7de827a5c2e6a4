"""`python -m bench`: measure Modelport beside nginx, a raw proxy and LiteLLM; see README.md."""

import argparse
import sys
from pathlib import Path

from . import planning
from .report import write
from .runner import Plan, measure
from .subjects import SUBJECTS


def _plan() -> tuple[Plan, Path]:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute: fewer rounds, no litellm")
    parser.add_argument("--only", help=f"comma-separated, of: {', '.join(SUBJECTS)}")
    parser.add_argument("--no-litellm", action="store_true", help="leave LiteLLM out")
    parser.add_argument("--no-pin", action="store_true", help="let the scheduler choose the cores")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of each measured window")
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--starts", type=int, help="how often each is started for its start-up time")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    args = parser.parse_args()
    names = args.only.split(",") if args.only else list(SUBJECTS)
    if unknown := set(names) - set(SUBJECTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose of: {', '.join(SUBJECTS)}")
    if not args.only and (args.no_litellm or args.quick):
        names.remove("litellm")
    plan = Plan(
        subjects=[name for name in SUBJECTS if name in names],
        rounds=min(args.rounds or (2 if args.quick else 5), 50),
        seconds=min(args.seconds or (1.0 if args.quick else 3.0), 60.0),
        streams=min(args.streams, 2000),
        starts=args.starts or (1 if args.quick else 3),
        pin=not args.no_pin,
    )
    return plan, args.out


def main() -> int:
    """Run, print, and fail when something that was asked for broke."""
    plan, out = _plan()
    report = measure(plan)
    print(write(plan, report, out))
    print(planning.report())
    # A peer that cannot be installed is a gap in the table; Modelport not starting is a failure.
    return 1 if report.faults or "modelport" in report.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
