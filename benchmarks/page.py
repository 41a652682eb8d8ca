"""Writing a measured table into its place on a page."""

import re
from pathlib import Path


def replace_section(page: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- begin name -->` and `<!-- end name -->`."""
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    old = page.read_text(encoding="utf-8")
    new, found = pattern.subn(lambda match: f"{begin}\n{text}\n{end}", old)
    if not found:
        raise SystemExit(
            f"{page} has no place for '{name}'. Add the lines {begin.strip()} and {end}."
        )
    page.write_text(new, encoding="utf-8")
