"""Tables of how good the data are: what the rules found, and how completely fields are filled."""

from kyphort.reports.document import Column, Table
from kyphort.reports.numbers import Kind
from kyphort.reports.results import Results


def quality(results: Results) -> Table:
    """Show every rule of data quality that found something, the gravest first."""
    return Table(
        "data_quality",
        "What the rules of data quality found in these data, the gravest first. Schedules are not "
        "among them: whose scans are overdue stands in its own table.",
        (
            Column("Severity"),
            Column("Rule"),
            Column("What it says"),
            Column("Findings", Kind.COUNT),
            Column("Patients", Kind.COUNT),
        ),
        tuple(
            (one.severity.replace("_", " "), one.rule, one.meaning, one.findings, one.patients)
            for one in results.quality
        ),
        ("kyphort quality check lists each finding with its patient and a remedy.",),
    )


def filled(results: Results) -> Table:
    """Show the fields that are not filled in everywhere."""
    gaps = [one for one in results.filled if one.filled < one.records]
    whole = len(results.filled) - len(gaps)
    return Table(
        "fields_filled",
        "Fields that do not say something in every record. A code for unknown counts as empty; "
        "fields that apply to some records only are left out.",
        (
            Column("Record"),
            Column("Field"),
            Column("Filled", Kind.COUNT),
            Column("Records", Kind.COUNT),
            Column("Share", Kind.PERCENT),
        ),
        tuple((one.record, one.field, one.filled, one.records, one.share) for one in gaps),
        (f"{whole} other fields are filled in every record.",),
        folded=len(gaps) > 12,
    )
