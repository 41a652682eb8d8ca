"""One reconstructed cohort: patients and units with days, events, groups and attributes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RebuiltUnit:
    """One unit: its groups by partition, the day it was last observed, and whether by its event."""

    groups: tuple[tuple[str, str], ...]
    exit_day: int
    has_event: bool
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RebuiltPatient:
    """One patient: groups, the day of the last contact or death, and the units.

    `attributes` are columns such as sex, age and entity: invented so that the sums come out right.
    """

    groups: tuple[tuple[str, str], ...]
    exit_day: int
    died: bool
    units: tuple[RebuiltUnit, ...]
    attributes: tuple[tuple[str, str], ...] = ()

    def attribute(self, name: str) -> str:
        """Return one attribute, empty when there is none."""
        return dict(self.attributes).get(name, "")


@dataclass(frozen=True, slots=True)
class RebuiltCohort:
    """A cohort that is meant to return every printed number; `seed` makes it again."""

    specification: str
    seed: int
    patients: tuple[RebuiltPatient, ...]
