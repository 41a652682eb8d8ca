"""From a foreign table to a kyphort data set: a mapping file, its application, the reconciliation.

REDCap exports and files of statistics programs are read into the same `Source`; what is done to
them then stands in one file that a person can read, and in one reconciliation that says what became
of every row.
"""

from kyphort.exchange.mapping.apply import Imported, apply_mapping
from kyphort.exchange.mapping.map_file import ColumnMap, Mapping, RowsMap, read_mapping
from kyphort.exchange.mapping.map_text import Remark, mapping_text
from kyphort.exchange.mapping.propose import Form, propose_mapping
from kyphort.exchange.mapping.reconciliation import (
    Change,
    Fate,
    Reconciliation,
    RowFate,
    SourceCount,
)
from kyphort.exchange.mapping.rules import CATALOGUE
from kyphort.exchange.mapping.source import Field, FieldKind, Source, SourceFile, SourceRow
from kyphort.exchange.mapping.source_dates import SourceDates

__all__ = [
    "CATALOGUE",
    "Change",
    "ColumnMap",
    "Fate",
    "Field",
    "FieldKind",
    "Form",
    "Imported",
    "Mapping",
    "Reconciliation",
    "Remark",
    "RowFate",
    "RowsMap",
    "Source",
    "SourceCount",
    "SourceDates",
    "SourceFile",
    "SourceRow",
    "apply_mapping",
    "mapping_text",
    "propose_mapping",
    "read_mapping",
]
