"""The document as one self-contained HTML page."""

import base64
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from kyphort.reports.document import Document, Figure, Table

NARROW_SUFFIX = "_narrow"
"""Ends the name of a figure's variant for narrow screens."""


def render_html(document: Document, figures: Path) -> str:
    """Return the page; the SVG figures of the folder are put into it, so it needs no other file."""
    environment = Environment(
        loader=PackageLoader("kyphort.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["embedded"] = lambda name: _embedded(figures / f"{name}.svg")
    environment.tests["a_table"] = lambda block: isinstance(block, Table)
    environment.tests["a_figure"] = lambda block: isinstance(block, Figure)
    return environment.get_template("report.html").render(
        document=document, narrow_suffix=NARROW_SUFFIX
    )


def _embedded(svg: Path) -> str:
    encoded = base64.b64encode(svg.read_bytes()).decode("ascii")
    return f"data:image/svg+xml;base64,{encoded}"
