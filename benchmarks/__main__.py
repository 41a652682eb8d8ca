"""`python -m benchmarks`: measure, print the table, and write it into docs/benchmarks.md."""

import argparse
import sys
from pathlib import Path

from benchmarks import page, startup

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    """Run the measurements."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="runs of each command (11)")
    table = startup.table(startup.measure(parser.parse_args().rounds))
    sys.stdout.write(table)
    page.replace_section(PAGE, "startup", table)


main()
