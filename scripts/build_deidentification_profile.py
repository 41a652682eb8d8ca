r"""Build the table of the DICOM basic confidentiality profile from a published copy of it.

Run: uv run --with dicom-anonymizer==2.1.0 --no-project \\
    python scripts/build_deidentification_profile.py

DICOM PS3.15, table E.1-1 (edition 2026c, as listed by dicom-anonymizer 2.1.0, BSD licence): tag and
action of each attribute. Only the facts are taken: tag, action.
"""

import csv
import sys
from importlib import import_module
from pathlib import Path

OUT = Path("src/kyphort/exchange/dicom/data/basic_profile.csv")
# Where the standard leaves a choice, what keeps the object valid is taken.
ACTIONS = {
    "D_TAGS": "D",
    "Z_TAGS": "Z",
    "X_TAGS": "X",
    "U_TAGS": "U",
    "Z_D_TAGS": "D",
    "X_Z_TAGS": "Z",
    "X_D_TAGS": "D",
    "X_Z_D_TAGS": "D",
    "X_Z_U_STAR_TAGS": "U",
}


def main() -> None:
    """Write the table, sorted by tag; masks such as (60xx,3000) are left to the code."""
    fields = import_module("dicomanonymizer.dicom_anonymization_databases.dicomfields_2026c")
    rows: dict[tuple[int, int], str] = {}
    for name, action in ACTIONS.items():
        for tag in getattr(fields, name):
            if len(tag) == 2:
                rows[tag] = action
    OUT.parent.mkdir(exist_ok=True)
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("tag", "action"))
        for (group, element), action in sorted(rows.items()):
            writer.writerow((f"{group:04X}{element:04X}", action))
    sys.stdout.write(f"{len(rows)} attributes in {OUT}\n")


main()
