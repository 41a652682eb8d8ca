"""What is asked of a plan: image, structures, needles, prescription, and every assumption."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kyphort.clinical import Prescription
from kyphort.dosimetry import PhotonSource
from kyphort.errors import InvalidDataError
from kyphort.planning.biology import Biology
from kyphort.planning.dose import Precision
from kyphort.planning.image import CtImage
from kyphort.planning.limits import Limit
from kyphort.planning.needle import Applicator, Needle
from kyphort.planning.structures import Role, Structure
from kyphort.planning.tissue import TissueChoices

DEFAULT_BIOLOGY: Mapping[Role, Biology] = {
    Role.LESION: Biology(rbe=1.3, alpha_beta_gy=10.0, repair_half_time_min=60.0),
    Role.CORD: Biology(rbe=1.4, alpha_beta_gy=2.0, repair_half_time_min=60.0),
    Role.THECAL_SAC: Biology(rbe=1.4, alpha_beta_gy=2.0, repair_half_time_min=60.0),
    Role.NERVE_ROOT: Biology(rbe=1.4, alpha_beta_gy=2.0, repair_half_time_min=60.0),
    Role.OTHER: Biology(rbe=1.4, alpha_beta_gy=3.0, repair_half_time_min=60.0),
}
"""Assumptions: RBE 1.1 to 1.5 in the literature, 1.4 in clinical use; none is verified here."""


@dataclass(frozen=True, slots=True)
class RobustnessChoices:
    """What may be off, as one standard deviation each.

    Attributes
    ----------
    scenarios
        How many are drawn; 0 for none.
    tip_sigma_mm
        Of the tip along each axis. 1.7 mm gives a mean radial error of 2.7 mm; published is
        2.5 ± 1.5 mm (PMID 16721300).
    angle_sigma_deg
        Of the needle's direction about its tip.
    calibration_sigma
        Relative, of the source's output.
    seed
        Of the draws.
    recalculated
        How many scenarios are computed in full, to show how good the fast way is.
    """

    scenarios: int = 200
    tip_sigma_mm: float = 1.7
    angle_sigma_deg: float = 2.0
    calibration_sigma: float = 0.05
    seed: int = 1
    recalculated: int = 3

    def __post_init__(self) -> None:
        for name, low, high in (
            ("scenarios", 0, 20_000), ("tip_sigma_mm", 0, 10), ("angle_sigma_deg", 0, 20),
            ("calibration_sigma", 0, 0.5), ("recalculated", 0, 50),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidDataError(
                    f"[robustness] {name} is {value}; allowed are {low:g} to {high:g}."
                )
        if 0 < self.scenarios < 20:
            raise InvalidDataError(
                f"[robustness] scenarios is {self.scenarios}; allowed are 0 (none) or at least 20: "
                "fewer say nothing of a probability."
            )


@dataclass(frozen=True, slots=True, eq=False)
class PlanRequest:
    """Everything a plan follows from.

    Attributes
    ----------
    image, structures
        The CT image, and what was contoured.
    needles, applicator
        Where the needles lie, and their geometry.
    prescription
        Dose, distance and reference.
    source
        The commissioned source.
    tissue
        How the image becomes tissue.
    biology
        Model numbers of each role; roles that are absent use those of `other`.
    earlier_cord_eqd2_gy
        EQD2 of the cord from earlier radiotherapy, with the cord's α/β.
    limits
        What is judged.
    precision, robustness
        How exact, and what may be off.
    region_mm
        How far around the isocentres the dose is computed.
    dose_grid_mm
        Size of its voxels.
    """

    image: CtImage
    structures: tuple[Structure, ...]
    needles: tuple[Needle, ...]
    prescription: Prescription
    source: PhotonSource
    limits: tuple[Limit, ...]
    applicator: Applicator = field(default_factory=Applicator)
    tissue: TissueChoices = field(default_factory=TissueChoices)
    biology: Mapping[Role, Biology] = field(default_factory=lambda: DEFAULT_BIOLOGY)
    earlier_cord_eqd2_gy: float = 0.0
    precision: Precision = field(default_factory=Precision)
    robustness: RobustnessChoices = field(default_factory=RobustnessChoices)
    region_mm: float = 42.0
    dose_grid_mm: float = 1.0

    def __post_init__(self) -> None:
        names = [one.name for one in self.structures]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InvalidDataError(
                f"Structure '{twice[0]}' is there twice. Rename or remove one of both."
            )
        if not 0 <= self.earlier_cord_eqd2_gy <= 200:
            raise InvalidDataError(
                f"Earlier EQD2 of the cord is {self.earlier_cord_eqd2_gy} Gy; allowed are 0 to 200."
            )
        for name, low, high in (("region_mm", 20, 80), ("dose_grid_mm", 0.5, 3)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidDataError(f"{name} is {value} mm; allowed are {low} to {high} mm.")

    def biology_of(self, role: Role) -> Biology:
        """Return the model numbers of a role."""
        return self.biology.get(role) or self.biology.get(Role.OTHER) or Biology()
