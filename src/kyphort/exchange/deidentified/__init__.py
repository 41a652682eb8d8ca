"""What leaves the hospital: a cohort that names nobody, and an account of what was done to it."""

from kyphort.exchange.deidentified.deidentify import Deidentified, Done, deidentify
from kyphort.exchange.deidentified.key import Key, read_key, write_key
from kyphort.exchange.deidentified.small_cells import SMALLEST_CELL, SmallCell, small_cells
from kyphort.exchange.deidentified.texts import FreeText, TextDecisions, read_decisions

__all__ = [
    "SMALLEST_CELL",
    "Deidentified",
    "Done",
    "FreeText",
    "Key",
    "SmallCell",
    "TextDecisions",
    "deidentify",
    "read_decisions",
    "read_key",
    "small_cells",
    "write_key",
]
