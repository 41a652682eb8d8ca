"""Neurological function by Frankel's grades, which the ASIA impairment scale took over."""

from kyphort.clinical.scales import provenance
from kyphort.clinical.scales.ordered import OrderedScale


class FrankelGrade(OrderedScale):
    """Frankel or ASIA impairment scale, A (complete) to E (normal); not verified.

    Ordered by function: a larger grade is a better one.

    >>> FrankelGrade.D > FrankelGrade.C, FrankelGrade("B").function
    (True, 'sensory function only')
    """

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"

    @property
    def function(self) -> str:
        """What is left below the lesion, in words."""
        return (
            "no motor or sensory function",
            "sensory function only",
            "motor function of no use (AIS: fewer than half of the key muscles at 3 or more)",
            "useful motor function (AIS: at least half of the key muscles at 3 or more)",
            "normal function",
        )[self.rank]

    @property
    def verified(self) -> bool:
        """Whether the definitions were checked against their source."""
        return provenance.FRANKEL.verified

    @property
    def text(self) -> str:
        """The grade with its definition, and a remark when they are not verified."""
        return provenance.FRANKEL.marked(f"{self.value}: {self.function}")
