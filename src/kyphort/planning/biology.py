"""What a dose means biologically: RBE, BED and EQD2 with repair during the irradiation."""

import math
from dataclasses import dataclass

from kyphort.errors import InvalidDataError


@dataclass(frozen=True, slots=True)
class Biology:
    """The model numbers of one tissue; all are assumptions of the user.

    Attributes
    ----------
    rbe
        Relative biological effectiveness of 50 kV against megavoltage photons.
    alpha_beta_gy
        α/β of the linear-quadratic model [Gy].
    repair_half_time_min
        Half-time of sublethal repair [min]; infinite for none.

    Examples
    --------
    >>> round(Biology(rbe=1.3, alpha_beta_gy=10, repair_half_time_min=math.inf).bed_gy(8, 4.4), 1)
    21.2
    >>> round(Biology(rbe=1.4, alpha_beta_gy=2, repair_half_time_min=math.inf).eqd2_gy(10, 4.4), 1)
    56.0
    """

    rbe: float = 1.3
    alpha_beta_gy: float = 10.0
    repair_half_time_min: float = 60.0

    def __post_init__(self) -> None:
        for name, low, high in (("rbe", 1.0, 3.0), ("alpha_beta_gy", 0.5, 30.0)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidDataError(
                    f"Biology: {name} is {value}; allowed are {low:g} to {high:g}."
                )
        if not self.repair_half_time_min > 0:
            raise InvalidDataError(
                f"Biology: repair_half_time_min is {self.repair_half_time_min}; allowed are values "
                "above 0, or inf for no repair."
            )

    def weighted_gy(self, dose_gy: float) -> float:
        """Return RBE × dose [Gy]."""
        return self.rbe * dose_gy

    def protraction(self, minutes: float) -> float:
        """Return the Lea-Catcheside factor G of a constant dose rate over a time.

        G = 2 (μT − 1 + e^(−μT)) / (μT)², μ = ln 2 / half-time (Lea and Catcheside, J. Genet. 44
        (1942) 216).

        >>> round(Biology(repair_half_time_min=60).protraction(5), 3)
        0.981
        """
        x = math.log(2) / self.repair_half_time_min * minutes
        if x < 1e-4:
            return 1 - x / 3
        return 2 * (x - 1 + math.exp(-x)) / x**2

    def bed_gy(self, dose_gy: float, minutes: float) -> float:
        """Return BED = RBE D (1 + G RBE D / (α/β)) of one irradiation [Gy]."""
        weighted = self.weighted_gy(dose_gy)
        return weighted * (1 + self.protraction(minutes) * weighted / self.alpha_beta_gy)

    def eqd2_gy(self, dose_gy: float, minutes: float) -> float:
        """Return EQD2 = BED / (1 + 2 / (α/β)): the same effect in fractions of 2 Gy [Gy]."""
        return self.bed_gy(dose_gy, minutes) / (1 + 2 / self.alpha_beta_gy)


def eqd2_of_fractions(total_gy: float, fractions: int, alpha_beta_gy: float) -> float:
    """Return EQD2 of earlier external radiotherapy of megavoltage photons [Gy].

    EQD2 = D (d + α/β) / (2 + α/β), d = D / fractions.

    Raises
    ------
    InvalidDataError
        For a negative dose or no fraction.

    Examples
    --------
    >>> round(eqd2_of_fractions(30, 10, 2.0), 1)
    37.5
    """
    if not (total_gy >= 0 and fractions >= 1):
        raise InvalidDataError(
            f"Earlier radiotherapy of {total_gy} Gy in {fractions} fractions; allowed are 0 Gy or "
            "more in at least 1 fraction."
        )
    each = total_gy / fractions
    return total_gy * (each + alpha_beta_gy) / (2 + alpha_beta_gy)
