"""How the reading of a cell says no."""

from kyphort.exchange.csv_set.rules import Rule


class Refused(ValueError):  # noqa: N818 - it never leaves the reading of a cell; a Finding does
    """A cell's text is not allowed: by which rule, why, and what to do."""

    def __init__(self, rule: Rule, message: str, remedy: str = "Correct the cell.") -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.remedy = remedy
