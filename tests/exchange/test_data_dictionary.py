"""The data dictionary says what the reader does, on the page as in the template."""

from pathlib import Path

import pytest

from kyphort.clinical.records import ALWAYS
from kyphort.exchange.csv_set.columns import CSV_FILES, Column, CsvFile
from kyphort.exchange.csv_set.dates import ISO
from kyphort.reports.dictionary import dictionary_markdown
from kyphort.workflows.template import declared_dictionary

ROOT = Path(__file__).parents[2]
COLUMNS = [(file, column) for file in CSV_FILES for column in file.columns]


def test_the_page_is_what_the_declaration_generates() -> None:
    page = (ROOT / "docs" / "reference" / "data-dictionary.md").read_text(encoding="utf-8")
    assert page == dictionary_markdown(declared_dictionary()), (
        "run scripts/build_data_dictionary.py"
    )


@pytest.mark.parametrize(
    ("file", "column"), COLUMNS, ids=lambda one: one.name if hasattr(one, "name") else None
)
def test_the_example_of_each_column_is_allowed(file: CsvFile, column: Column) -> None:
    cell = column.kind.read(column.example, ISO)
    assert cell.conversion is None
    assert file.by_name[column.name] is column


def test_a_column_that_may_be_absent_is_never_required() -> None:
    assert all(column.required != ALWAYS for _, column in COLUMNS if column.may_be_absent)
