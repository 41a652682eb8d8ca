"""The kyphort data set: a folder of CSV files and one description."""

from kyphort.exchange.csv_set.check import check_csv_set
from kyphort.exchange.csv_set.findings import Checked, Finding, Severity
from kyphort.exchange.csv_set.reader import read_csv_set
from kyphort.exchange.csv_set.rules import CATALOGUE, Rule
from kyphort.exchange.csv_set.writer import replace_records, write_csv_set

__all__ = [
    "CATALOGUE",
    "Checked",
    "Finding",
    "Rule",
    "Severity",
    "check_csv_set",
    "read_csv_set",
    "replace_records",
    "write_csv_set",
]
