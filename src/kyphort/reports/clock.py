"""Times in the unit that the study chose; inside, times are months."""

from dataclasses import dataclass

from kyphort.reports.results import Results


@dataclass(frozen=True, slots=True)
class Clock:
    """A unit of time and its length in months."""

    unit: str
    in_months: float

    @property
    def title(self) -> str:
        """The unit as a column's title."""
        return self.unit.capitalize()

    def shown(self, months: float | None) -> float | None:
        """Convert months to the unit, free of the noise of binary fractions."""
        return None if months is None else round(months / self.in_months, 6)

    def text(self, months: float) -> str:
        """Write a time with its unit.

        >>> Clock("years", 12.0).text(24.0), Clock("months", 1.0).text(6.0)
        ('2 years', '6 months')
        """
        return f"{self.shown(months):g} {self.unit}"

    def tick(self, months: float) -> str:
        """Write a time as the label of a tick, without the unit."""
        shown = months / self.in_months
        return f"{shown:g}" if self.in_months > 1 else f"{shown:.0f}"


def clock_of(results: Results) -> Clock:
    """Return the clock of the study."""
    return Clock(results.study.time_unit, results.study.unit_in_months)
