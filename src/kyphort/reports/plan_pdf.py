"""The page of a plan as PDF, set by typst: the same document, one renderer more."""

from collections.abc import Iterator
from pathlib import Path

from kyphort.reports.document import Document, Figure, Paragraph, Table

_HEAD = """#set page(paper: "a4", margin: 16mm, numbering: "1 / 1",
  header: text(8pt, fill: rgb("#b00020"))[Research software, not a medical device])
#set text(font: "DejaVu Sans", size: 8pt)
#set par(justify: false)
#show heading.where(level: 2): set text(11pt)
#show table.cell: set text(6.5pt)
#show table: set block(breakable: false)
"""


def render_pdf(document: Document, figures: Path) -> bytes:
    """Return the document as PDF; its figures are the PNG files of the folder."""
    import typst  # noqa: PLC0415 - loaded only where a PDF is asked for

    source = figures / "plan.typ"
    source.write_text(_HEAD + "\n".join(_lines(document)), encoding="utf-8")
    try:
        return bytes(typst.compile(str(source)))
    finally:
        source.unlink()


def _lines(document: Document) -> Iterator[str]:
    yield f"= #{_text(document.title)}"
    yield f"#{_text(document.subtitle)}\n"
    for warning in document.warnings:
        yield f'#text(fill: rgb("#b00020"), weight: "bold")[#{_text(warning)}]\n'
    for value, label in document.summary:
        yield f"- #{_text(value)} – #{_text(label)}"
    for section in document.sections:
        yield f"== #{_text(section.title)}"
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield f"#{_text(block.text)}\n"
            elif isinstance(block, Figure):
                yield f'#figure(image("{block.identifier}.png", width: 100%), supplement: none,'
                yield f"  numbering: none, caption: [#{_text(block.caption)}])"
            else:
                yield from _table(block)
    yield "== Provenance"
    for name, value in document.provenance:
        yield f"- #{_text(name)}: #{_text(value)}"


def _table(table: Table) -> Iterator[str]:
    yield f"#strong[#{_text(table.caption)}]"
    yield f"#table(columns: {len(table.columns)}, stroke: 0.3pt + gray,"
    yield "  " + ", ".join(f"strong({_text(column.title)})" for column in table.columns) + ","
    for row in table.written_rows():
        yield "  " + ", ".join(f"[#{_text(cell)}]" for cell in row) + ","
    yield ")"
    for note in table.notes:
        yield f"#text(7pt)[#{_text(note)}]\n"


def _text(value: str) -> str:
    """Write a text as a typst string, which no character of it can leave."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
