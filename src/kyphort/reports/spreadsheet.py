"""Cells that a spreadsheet program opens without running them."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def harmless(value: object) -> object:
    """Return a cell's value so that no spreadsheet runs a text as a formula; None is empty.

    >>> harmless("=1+1"), harmless(-3), harmless(None)
    ("'=1+1", -3, '')
    """
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
