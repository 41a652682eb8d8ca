"""The study file: endpoints, landmarks, groups and comparisons, with a default for each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path

from kyphort.errors import InvalidDataError
from kyphort.protocol.fields import Fields
from kyphort.protocol.models import ModelPlan, read_model
from kyphort.units import DAYS_PER_MONTH


class Unit(StrEnum):
    """What one row of an endpoint stands for."""

    PATIENT = "patient"
    VERTEBRA = "vertebra"


class CensoringRule(StrEnum):
    """Until when a row without an event is known to be free of it."""

    LAST_ASSESSMENT = "last_assessment"
    LAST_CONTACT_OR_DEATH = "last_contact_or_death"


class DeathRule(StrEnum):
    """What death does to an endpoint that it precludes."""

    COMPETES = "competes"
    CENSORS = "censors"


class RetreatmentRule(StrEnum):
    """What retreatment of a level without progression does to local control."""

    COMPETES = "competes"
    CENSORS = "censors"
    COUNTS = "counts"


class IndeterminateRule(StrEnum):
    """How progression is dated that follows scans called indeterminate."""

    BACKDATE = "backdate"
    FIRST_DEFINITE = "first_definite"


class TimeUnit(StrEnum):
    """The unit in which a report shows times; inside, times are months."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"

    @property
    def in_months(self) -> float:
        """The length of one unit [mo]."""
        return {
            TimeUnit.DAYS: 1 / DAYS_PER_MONTH,
            TimeUnit.WEEKS: 7 / DAYS_PER_MONTH,
            TimeUnit.MONTHS: 1.0,
            TimeUnit.YEARS: 12.0,
        }[self]


class Stratum(StrEnum):
    """A variable by which vertebrae can be grouped."""

    REGION = "region"
    LEVEL = "level"
    DISTANCE_MM = "distance_mm"
    ENTITY = "entity"
    SEX = "sex"
    AGE_GROUP = "age_group"
    DOSE_GY = "dose_gy"
    DISTANCE_REFERENCE = "distance_reference"
    CALIBRATION_DATASET = "calibration_dataset"
    PREEXISTING_FRACTURE = "preexisting_fracture"
    LEVELS_TREATED = "levels_treated"
    PROCEDURE_YEAR = "procedure_year"
    LESION_D90 = "lesion_d90"


@dataclass(frozen=True, slots=True)
class LocalControlPlan:
    """The four decisions behind a local control rate, and its unit."""

    unit: Unit = Unit.VERTEBRA
    censoring: CensoringRule = CensoringRule.LAST_ASSESSMENT
    death: DeathRule = DeathRule.COMPETES
    retreatment: RetreatmentRule = RetreatmentRule.COMPETES
    indeterminate: IndeterminateRule = IndeterminateRule.BACKDATE


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A comparison: the variable, and which of its values make which group.

    Without `groups` every value is a group. Values in no group belong to `others`, or to none
    where `others` is empty.
    """

    id: str
    title: str
    variable: Stratum
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    others: str = ""

    def group_of(self, value: str) -> str | None:
        """Return the group of a value, None when it takes no part.

        >>> plan = GroupPlan("x", "X", Stratum.ENTITY, (("Soft", ("Lung cancer",)),), "Others")
        >>> plan.group_of("Lung cancer"), plan.group_of("Melanoma")
        ('Soft', 'Others')
        """
        if not self.groups:
            return value
        found = (group for group, values in self.groups if value in values)
        return next(found, self.others or None)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When scans are due: months after the procedure, then at an interval; and the window."""

    imaging_months: tuple[int, ...]
    then_every_months: int
    window_days: int

    def targets_until(self, months: float) -> tuple[int, ...]:
        """Return the months of the scans that are due up to `months` after the procedure.

        >>> Schedule((3, 6), 6, 30).targets_until(20)
        (3, 6, 12, 18)
        """
        targets = list(self.imaging_months)
        while targets[-1] + self.then_every_months <= months:
            targets.append(targets[-1] + self.then_every_months)
        return tuple(target for target in targets if target <= months)


@dataclass(frozen=True, slots=True)
class PlannedPainVisit:
    """A nominal pain visit: its target and window in days from the first procedure."""

    name: str
    target_days: int
    before_days: int
    after_days: int


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that an analysis is told; `landmarks_months` are in months whatever the unit."""

    title: str
    time_unit: TimeUnit
    landmarks_months: tuple[float, ...]
    strata: tuple[Stratum, ...]
    age_cuts_years: tuple[int, ...]
    local_control: LocalControlPlan
    comparisons: tuple[GroupPlan, ...]
    permutations: int
    replicates: int
    seed: int
    schedule: Schedule
    pain_visits: tuple[PlannedPainVisit, ...]
    pain_baseline_days: int
    models: tuple[ModelPlan, ...] = ()


def study_template_text() -> str:
    """Return the commented study file with every default."""
    return (resources.files(__package__) / "study_default.toml").read_text(encoding="utf-8")


def default_study() -> Study:
    """Return the study of the template.

    >>> default_study().landmarks_months
    (6.0, 12.0, 24.0, 36.0, 48.0, 60.0)
    """
    return _study(tomllib.loads(study_template_text()), "the default study")


def read_study(path: Path) -> Study:
    """Read a study file; what it leaves out has the default of the template.

    Raises
    ------
    InvalidDataError
        When the file is missing, is no TOML, or has an unknown key or a value that is not allowed.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise InvalidDataError(
            f"There is no study file {path}. Write one with 'kyphort template', or leave --study "
            "out for the defaults."
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidDataError(f"{path} is not a TOML file: {error}. Correct it.") from error
    return _study(given, path.name)


def _study(given: Mapping[str, object], name: str) -> Study:
    default = tomllib.loads(study_template_text())
    top = Fields(given, default, name)
    unit = top.choice("time_unit", TimeUnit)
    local = top.section("local_control")
    schedule = top.section("schedule")
    pain = top.section("pain")
    resampling = top.section("resampling")
    study = Study(
        title=top.text("title"),
        time_unit=unit,
        landmarks_months=tuple(
            value * unit.in_months for value in top.rising_numbers("landmarks", at_least=1)
        ),
        strata=tuple(top.choices("strata", Stratum)),
        age_cuts_years=tuple(int(cut) for cut in top.rising_numbers("age_cuts_years")),
        local_control=LocalControlPlan(
            local.choice("unit", Unit),
            local.choice("censoring", CensoringRule),
            local.choice("death", DeathRule),
            local.choice("retreatment", RetreatmentRule),
            local.choice("indeterminate", IndeterminateRule),
        ),
        comparisons=tuple(_comparison(one) for one in top.entries("comparison")),
        permutations=int(resampling.number("permutations", above=0)),
        replicates=resampling.whole("replicates", above=99, below=100_001),
        seed=int(resampling.number("seed", above=-1)),
        schedule=Schedule(
            tuple(int(one) for one in schedule.rising_numbers("imaging_months", at_least=1)),
            int(schedule.number("then_every_months", above=0)),
            int(schedule.number("window_days", above=-1)),
        ),
        pain_visits=tuple(_pain_visit(one) for one in pain.entries("visit")),
        pain_baseline_days=int(pain.number("baseline_days", above=-1)),
        models=tuple(
            read_model(one, unit.in_months)
            for one in (top.entries("models") if top.has("models") else ())
        ),
    )
    for fields in (top, local, schedule, pain, resampling):
        fields.refuse_unknown()
    _refuse_repeated([one.id for one in study.comparisons], name, "comparison")
    _refuse_repeated([one.id for one in study.models], name, "model")
    return study


def _comparison(fields: Fields) -> GroupPlan:
    plan = GroupPlan(
        fields.text("id"),
        fields.text("title"),
        fields.choice("variable", Stratum),
        fields.groups("groups"),
        fields.text("others", optional=True),
    )
    fields.refuse_unknown()
    return plan


def _pain_visit(fields: Fields) -> PlannedPainVisit:
    visit = PlannedPainVisit(
        fields.text("name"),
        int(fields.number("target_days", above=0)),
        int(fields.number("before_days", above=-1)),
        int(fields.number("after_days", above=-1)),
    )
    fields.refuse_unknown()
    return visit


def _refuse_repeated(ids: list[str], name: str, what: str) -> None:
    repeated = [one for one in ids if ids.count(one) > 1]
    if repeated:
        raise InvalidDataError(
            f"{name}: the {what} '{repeated[0]}' appears more than once. Rename one."
        )
