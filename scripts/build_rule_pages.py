"""Write docs/reference/quality-rules.md and exchange-rules.md from the rules themselves.

python scripts/build_rule_pages.py
"""

from pathlib import Path

from kyphort.exchange.mapping.rules import CATALOGUE
from kyphort.quality import Severity, all_rules

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"

_SEVERITIES = {
    Severity.IMPOSSIBLE: "It cannot be.",
    Severity.CONTRADICTORY: "Two records cannot both be right.",
    Severity.OUT_OF_SEQUENCE: "The order of events is not what the schedule or the disease allows.",
    Severity.MISSING: "Something that an analysis needs was not recorded.",
    Severity.UNLIKELY: "It may be right, and rarely is.",
}


def quality_page() -> str:
    """Return the page of the rules of data quality: a section for each rule."""
    rules = all_rules()
    lines = [
        "# Rules of data quality",
        "",
        f"The {len(rules)} rules of `kyphort quality check`; how to use them: [data",
        "quality](../how-to/quality.md). Identifiers stay the same from version to version.",
        "",
        "A limit without a source is this program's choice. A source marked *not verified* was not",
        "read for this rule. The page is generated (`scripts/build_rule_pages.py`).",
    ]
    for severity in Severity:
        of_severity = [one for one in rules if one.severity is severity]
        lines += ["", f"## {severity.replace('_', ' ').capitalize()}", "", _SEVERITIES[severity]]
        for one in of_severity:
            source = f" Source: {one.source}." if one.source else ""
            doubt = " *Not verified.*" if one.source and not one.verified else ""
            lines += [
                "",
                f"### {one.identifier}",
                "",
                f"{one.meaning}",
                "",
                f"Example: {one.example}.",
                "",
                f"What to do: {one.remedy}{source}{doubt}",
            ]
    return "\n".join(lines) + "\n"


def exchange_page() -> str:
    """Return the page of the rules of an import."""
    lines = [
        "# Rules of an import",
        "",
        "The rules of `kyphort import`, before the data set is checked by the [rules of",
        "`kyphort check`](data-dictionary.md#rules), which speak of the source too. Identifiers",
        "stay the same from version to version. An *error* stops the import as a whole; the others",
        "stand in the account. The page is generated (`scripts/build_rule_pages.py`).",
        "",
        "| rule | severity | what it says | example |",
        "|---|---|---|---|",
        *(
            f"| `{one.identifier}` | {one.severity} | {one.meaning} | {_cell(one.example)} |"
            for one in CATALOGUE
        ),
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES = {"quality-rules.md": quality_page, "exchange-rules.md": exchange_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
