"""`python -m soak [campaign …]`: run the named campaigns, or all; exit 1 when one finds a fault."""

import argparse
import sys

from soak import (
    coverage,
    dicom_fuzz,
    dosimetry_coverage,
    faulty_files,
    kills,
    properties,
    publications,
    reconstruction,
    registry_kills,
    regression_coverage,
)

CAMPAIGNS = {
    "properties": properties.run,
    "coverage": coverage.run,
    "regression": regression_coverage.run,
    "dicom": dicom_fuzz.run,
    "dosimetry": dosimetry_coverage.run,
    "faulty files": faulty_files.run,
    "kills": kills.run,
    "registry-kills": registry_kills.run,
    "reconstruction": reconstruction.run,
    "publications": publications.run,
}


def main() -> int:
    """Run long campaigns."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=main.__doc__)
    parser.add_argument("campaigns", nargs="*", metavar="campaign", help=", ".join(CAMPAIGNS))
    parser.add_argument("--cohorts", type=int, help="cut the reconstruction study short")
    asked = parser.parse_args()
    names = asked.campaigns or list(CAMPAIGNS)
    unknown = sorted(set(names) - set(CAMPAIGNS))
    if unknown:
        parser.error(f"no campaign '{unknown[0]}'. There are {', '.join(CAMPAIGNS)}.")
    faults = []
    for name in names:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        short = {"cohorts": asked.cohorts} if name == "reconstruction" and asked.cohorts else {}
        faults += [f"{name}: {fault}" for fault in CAMPAIGNS[name](**short)]
    sys.stdout.write("\n".join(faults or ["No fault found."]) + "\n")
    return bool(faults)


sys.exit(main())
