"""`python -m benchmarks.dosimetry speed|validate|profile`: measure, and write the pages."""

import argparse
import sys

from benchmarks.dosimetry import shares, speed, validation


def main() -> None:
    """Run what was asked for, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dosimetry", description=main.__doc__
    )
    parser.add_argument("what", nargs="?", choices=("speed", "validate", "profile"))
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the speed runs (3)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="histories, relative to the page's"
    )
    parser.add_argument(
        "--part", choices=(*speed.CASES, speed.REST), help="only this part of the speed runs"
    )
    asked = parser.parse_args()
    if asked.what in (None, "validate"):
        sys.stdout.write(validation.run(asked.scale))
    if asked.what in (None, "speed"):
        sys.stdout.write(speed.run(asked.rounds, asked.scale, asked.part))
    if asked.what in (None, "profile"):
        sys.stdout.write(shares.run())


main()
