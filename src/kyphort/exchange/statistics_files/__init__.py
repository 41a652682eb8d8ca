"""Files of statistics programs: SPSS (.sav, .zsav), Stata (.dta), SAS transport (.xpt)."""

from kyphort.exchange.statistics_files.read import read_statistics_files
from kyphort.exchange.statistics_files.write import (
    NotHeld,
    Program,
    Written,
    write_statistics_files,
)

__all__ = [
    "NotHeld",
    "Program",
    "Written",
    "read_statistics_files",
    "write_statistics_files",
]
