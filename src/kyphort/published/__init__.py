"""Publications as data: every printed number, its digits, its place, its errata."""

from kyphort.published.agreement import agrees, in_printed_unit
from kyphort.published.comparator import (
    Comparator,
    ComparatorEndpoint,
    Spread,
    Treatment,
    comparators,
    read_comparators,
)
from kyphort.published.determination import (
    Determination,
    DeterminationKind,
    KnownRange,
    Rule,
    Verdict,
)
from kyphort.published.loader import available, dataset_folder, load, read_publication, study_file
from kyphort.published.publication import (
    Erratum,
    ErratumKind,
    Publication,
    PublishedNumber,
    Role,
)

__all__ = [
    "Comparator",
    "ComparatorEndpoint",
    "Determination",
    "DeterminationKind",
    "Erratum",
    "ErratumKind",
    "KnownRange",
    "Publication",
    "PublishedNumber",
    "Role",
    "Rule",
    "Spread",
    "Treatment",
    "Verdict",
    "agrees",
    "available",
    "comparators",
    "dataset_folder",
    "in_printed_unit",
    "load",
    "read_comparators",
    "read_publication",
    "study_file",
]
