"""Writing a report's files into a staged folder."""

from pathlib import Path

from kyphort.reports.audit import all_rows
from kyphort.reports.files import write_figures, write_page, write_results, write_tables
from kyphort.reports.report import report
from kyphort.reports.results import Results


def write_report(results: Results, stage: Path) -> None:
    """Write page, figures, tables and results."""
    document = report(results)
    tables = (*document.tables(), *all_rows(results))
    write_figures(results, stage / "figures")
    write_tables(tables, stage / "tables", synthetic=results.provenance.synthetic)
    write_results(results, stage / "results.json")
    write_page(document, stage / "figures", stage / "report.html")
