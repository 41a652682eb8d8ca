"""Publications as data: every printed number, its digits, its place, its errata."""

from kyphort.published.agreement import agrees, in_printed_unit
from kyphort.published.determination import (
    Determination,
    DeterminationKind,
    KnownRange,
    Rule,
    Verdict,
)
from kyphort.published.loader import available, dataset_folder, load, read_publication
from kyphort.published.publication import (
    Erratum,
    ErratumKind,
    Publication,
    PublishedNumber,
    Role,
)

__all__ = [
    "Determination",
    "DeterminationKind",
    "Erratum",
    "ErratumKind",
    "KnownRange",
    "Publication",
    "PublishedNumber",
    "Role",
    "Rule",
    "Verdict",
    "agrees",
    "available",
    "dataset_folder",
    "in_printed_unit",
    "load",
    "read_publication",
]
