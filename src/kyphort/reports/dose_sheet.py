"""The theatre sheet: one printable page with the irradiation time and its second calculation."""

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One quantity by two ways of calculation, as written numbers, with their difference."""

    quantity: str
    from_table: str
    from_engine: str
    difference: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the page; `facts` are name and value."""

    title: str
    time: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[SheetLine, ...]
    warnings: tuple[str, ...]
    made: str


def render_sheet(sheet: Sheet) -> str:
    """Return the page as self-contained HTML for A4."""
    environment = Environment(
        loader=PackageLoader("kyphort.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("dose_sheet.html").render(sheet=sheet)
