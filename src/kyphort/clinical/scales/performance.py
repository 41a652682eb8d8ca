"""Performance status: Karnofsky, ECOG, and a crosswalk that never happens silently."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from kyphort.clinical.scales import provenance
from kyphort.clinical.scales.provenance import Provenance
from kyphort.clinical.values import Bounds
from kyphort.errors import InvalidDataError


@dataclass(frozen=True, slots=True, order=True)
class Karnofsky:
    """Karnofsky performance status: 0 to 100 in steps of ten, the higher the better.

    Raises
    ------
    InvalidDataError
        When the value is no such step.

    Examples
    --------
    >>> Karnofsky(70) > Karnofsky(60), Karnofsky.loinc
    (True, '89243-0')
    """

    value: Annotated[int, Bounds(0, 100, step=10)]
    loinc: ClassVar[str] = "89243-0"
    provenance: ClassVar[Provenance] = provenance.KARNOFSKY

    def __post_init__(self) -> None:
        if self.value not in range(0, 101, 10):
            raise InvalidDataError(
                f"A Karnofsky status is {self.value}. Allowed: 0, 10, 20 ... 100. Correct it."
            )


@dataclass(frozen=True, slots=True, order=True)
class Ecog:
    """ECOG performance status: 0 to 5, the lower the better.

    Raises
    ------
    InvalidDataError
        When the value is not 0 to 5.

    Examples
    --------
    >>> Ecog(1).value, Ecog.loinc
    (1, '89247-1')
    """

    value: Annotated[int, Bounds(0, 5)]
    loinc: ClassVar[str] = "89247-1"
    provenance: ClassVar[Provenance] = provenance.ECOG

    def __post_init__(self) -> None:
        if self.value not in range(6):
            raise InvalidDataError(f"An ECOG status is {self.value}. Allowed: 0 to 5. Correct it.")


@dataclass(frozen=True, slots=True)
class ConvertedEcog:
    """An ECOG status that nobody assessed: it was converted, and keeps what was assessed.

    >>> ecog_from_karnofsky(Karnofsky(70)).text
    'ECOG 1, converted from Karnofsky 70 (Karnofsky to ECOG: not verified against its source)'
    """

    ecog: Ecog
    original: Karnofsky
    provenance: ClassVar[Provenance] = provenance.ECOG_FROM_KARNOFSKY

    @property
    def verified(self) -> bool:
        """Whether the crosswalk was checked against a source."""
        return self.provenance.verified

    @property
    def text(self) -> str:
        """The status with its origin, and a remark when the crosswalk is not verified."""
        return self.provenance.marked(
            f"ECOG {self.ecog.value}, converted from Karnofsky {self.original.value}"
        )


def ecog_from_karnofsky(status: Karnofsky) -> ConvertedEcog:
    """Convert Karnofsky to ECOG by the usual crosswalk, which is not verified.

    100–90: 0, 80–70: 1, 60–50: 2, 40–30: 3, 20–10: 4, 0: 5. The original is kept.

    Examples
    --------
    >>> ecog_from_karnofsky(Karnofsky(60)).ecog
    Ecog(value=2)
    """
    return ConvertedEcog(Ecog((100 - status.value) // 20), status)
