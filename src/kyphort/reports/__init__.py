"""Reports: formatting only; every number comes from the one results object."""

from kyphort.reports.results import Results

__all__ = ["Results"]
