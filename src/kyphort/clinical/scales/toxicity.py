"""Toxicity and complications: CTCAE grades with their version, and Clavien–Dindo."""

from dataclasses import dataclass
from typing import ClassVar

from kyphort.clinical.scales import provenance
from kyphort.clinical.scales.ordered import OrderedScale
from kyphort.clinical.scales.provenance import Provenance
from kyphort.errors import InvalidDataError

_SEVERITIES = ("mild", "moderate", "severe", "life-threatening", "death")
CTCAE_VERSIONS = ("3.0", "4.0", "4.01", "4.02", "4.03", "5.0", "6.0")
"""The versions of CTCAE; a grade is never moved from one to another."""


@dataclass(frozen=True, slots=True)
class CtcaeGrade:
    """A CTCAE grade, 1 to 5, in the version by which it was given.

    Grades of different versions do not compare, because terms were regraded between them.

    Raises
    ------
    InvalidDataError
        When grade or version does not exist, or grades of two versions are compared.

    Examples
    --------
    >>> CtcaeGrade(3, "5.0").severity, CtcaeGrade(2, "5.0") < CtcaeGrade(3, "5.0")
    ('severe', True)
    """

    grade: int
    version: str
    provenance: ClassVar[Provenance] = provenance.CTCAE

    def __post_init__(self) -> None:
        if self.grade not in range(1, 6):
            raise InvalidDataError(f"A CTCAE grade is {self.grade}. Allowed: 1 to 5. Correct it.")
        if self.version not in CTCAE_VERSIONS:
            raise InvalidDataError(
                f"A CTCAE version is '{self.version}'. Allowed: {', '.join(CTCAE_VERSIONS)}. Give "
                "the version by which the event was graded."
            )

    @property
    def severity(self) -> str:
        """The grade in a word."""
        return _SEVERITIES[self.grade - 1]

    def __lt__(self, other: "CtcaeGrade") -> bool:
        """Order grades of one version."""
        if self.version != other.version:
            raise InvalidDataError(
                f"CTCAE {self.version} grade {self.grade} cannot be compared with CTCAE "
                f"{other.version} grade {other.grade}. Compare grades of one version."
            )
        return self.grade < other.grade


class ClavienDindoGrade(OrderedScale):
    """Grades of a surgical complication, by the treatment that it needed.

    >>> ClavienDindoGrade("IIIb") > ClavienDindoGrade.II
    True
    """

    I = "I"  # noqa: E741 - the grade's name
    II = "II"
    IIIA = "IIIa"
    IIIB = "IIIb"
    IVA = "IVa"
    IVB = "IVb"
    V = "V"

    @property
    def treatment(self) -> str:
        """What the grade stands for, in words."""
        return (
            "a deviation that needs no more than simple drugs or bedside care",
            "other drugs, transfusion or parenteral nutrition",
            "an intervention without general anaesthesia",
            "an intervention under general anaesthesia",
            "intensive care, one organ failing",
            "intensive care, several organs failing",
            "death",
        )[self.rank]


@dataclass(frozen=True, slots=True)
class ClavienDindo:
    """A Clavien–Dindo grade, with the suffix d when a disability remains.

    Source: Dindo et al., Ann Surg 2004;240:205, doi:10.1097/01.sla.0000133083.54934.ae.

    Raises
    ------
    InvalidDataError
        When death is given a remaining disability.

    Examples
    --------
    >>> str(ClavienDindo.parse("IIIb-d")), ClavienDindo.parse("II").disability
    ('IIIb-d', False)
    """

    grade: ClavienDindoGrade
    disability: bool = False
    provenance: ClassVar[Provenance] = provenance.CLAVIEN_DINDO

    def __post_init__(self) -> None:
        if self.disability and self.grade is ClavienDindoGrade.V:
            raise InvalidDataError(
                "A Clavien-Dindo grade V (death) carries the suffix d. Allowed: d with I to IVb. "
                "Remove the suffix."
            )

    @classmethod
    def parse(cls, text: str) -> "ClavienDindo":
        """Return the grade that a text such as "IVa" or "IIIb-d" means."""
        grade = text.strip().removesuffix("d").removesuffix("-")
        return cls(ClavienDindoGrade(grade), text.strip().endswith("d"))

    def __str__(self) -> str:
        """Write the grade with its suffix."""
        return f"{self.grade.value}{'-d' if self.disability else ''}"
