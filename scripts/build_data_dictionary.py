"""Write docs/reference/data-dictionary.md from the declaration that the reader uses.

python scripts/build_data_dictionary.py
"""

from pathlib import Path

from kyphort.reports.dictionary import dictionary_markdown
from kyphort.workflows.template import declared_dictionary

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "data-dictionary.md"

if __name__ == "__main__":
    PAGE.write_text(dictionary_markdown(declared_dictionary()), encoding="utf-8")
