"""From a rebuilt cohort to a data set: dates, levels, scans; every row says SYNTHETIC."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kyphort.clinical import (
    Cohort,
    DistanceReference,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
    Patient,
    Prescription,
    Relatedness,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)
from kyphort.errors import InvalidDataError
from kyphort.published.specification import Column, RowUnit, Specification
from kyphort.reconstruction import RebuiltCohort, RebuiltPatient, RebuiltUnit
from kyphort.units import add_calendar_months

PREFIX = "SYN-"
BASELINE_LIMIT_DAYS = 7
LAST_SCHEDULED_MONTH = 120
MISSED_SHARE = 0.06
ANCHOR_REPLACES_WITHIN_DAYS = 30
MRI_SHARE = 0.6
AGE_WHEN_NOT_PRINTED = 60
LEVELS = {
    "cervical": tuple(f"C{number}" for number in range(3, 8)),
    "thoracic": tuple(f"T{number}" for number in range(1, 13)),
    "lumbar": tuple(f"L{number}" for number in range(1, 6)),
    "sacral": ("S1", "S2"),
}
ANY_LEVEL = (*LEVELS["thoracic"], *LEVELS["lumbar"])


@dataclass(frozen=True, slots=True)
class _Placed:
    """A unit with the level that was invented for it."""

    unit: RebuiltUnit
    level: SpinalLevel


def dataset_of(
    specification: Specification, rebuilt: RebuiltCohort, made: str = ""
) -> tuple[Cohort, str]:
    """Return a rebuilt cohort as a data set, and the text of its `groups.csv` (may be empty).

    Days become dates, units levels; scans follow a schedule of 3, 6 and then every 6 months, and
    show an event on its day. What the specification does not say is invented or `unknown`. The
    same cohort gives the same data set. `made` says how, when it is not one of an ensemble.
    """
    maker = _Maker(specification, rebuilt, made)
    return maker.cohort(), maker.groups_text()


class _Maker:
    def __init__(self, specification: Specification, rebuilt: RebuiltCohort, made: str) -> None:
        self.specification, self.rebuilt, self.made = specification, rebuilt, made
        self.rng = np.random.default_rng((rebuilt.seed, 2))
        facts = specification.dataset
        longest = max(one.exit_day for one in rebuilt.patients)
        self.first = dt.date(facts.first_year, 1, 1)
        self.cut_off = max(
            dt.date(facts.last_year, 12, 31), self.first + dt.timedelta(days=longest)
        )
        self.placed = [self._placed(one) for one in rebuilt.patients]

    def cohort(self) -> Cohort:
        patients: list[Patient] = []
        vertebrae: list[TreatedVertebra] = []
        visits: list[Visit] = []
        for number, (one, units) in enumerate(zip(self.rebuilt.patients, self.placed, strict=True)):
            identity, start = self._identity(number), self._start(one)
            last = start + dt.timedelta(days=one.exit_day)
            patients.append(self._patient(identity, one, last))
            vertebrae += [self._vertebra(identity, unit, start) for unit in units]
            visits += self._visits(identity, one, units, start)
        return Cohort(
            name=f"{self.specification.citation or self.specification.title}, reconstructed",
            data_cut_off=self.cut_off,
            synthetic=True,
            provenance=self._provenance(),
            patients=tuple(patients),
            vertebrae=tuple(vertebrae),
            visits=tuple(visits),
        )

    def _provenance(self) -> str:
        source = self.specification.citation or self.specification.title
        doi = f" doi:{self.specification.doi}" if self.specification.doi else ""
        made = self.made or (
            "One of many cohorts that return the printed numbers of {source}, "
            f"made by kyphort paper reconstruct (seed {self.rebuilt.seed})."
        )
        return (
            "SYNTHETIC: no row describes a real person. "
            f"{made.replace('{source}', source + doi)} All dates, levels, "
            "visits and scans and all links between columns are invented."
        )

    def _identity(self, number: int) -> str:
        width = max(3, len(str(len(self.rebuilt.patients))))
        return f"{PREFIX}P{number + 1:0{width}d}"

    def _start(self, patient: RebuiltPatient) -> dt.date:
        room = (self.cut_off - self.first).days - patient.exit_day
        return self.first + dt.timedelta(days=int(self.rng.integers(0, room + 1)))

    def _column(self, patient: RebuiltPatient, column: Column) -> str:
        """Return what a patient has in a column: by a group of it, or by an attribute."""
        for partition, group in patient.groups:
            found = [one for one in self.specification.groups if one.id == group]
            if found and found[0].column is column and found[0].partition == partition:
                return found[0].id
        return patient.attribute(str(column))

    def _patient(self, identity: str, one: RebuiltPatient, last: dt.date) -> Patient:
        return Patient(
            patient_id=identity,
            sex=_sex(self._column(one, Column.SEX)),
            age_years=int(self._column(one, Column.AGE_YEARS) or AGE_WHEN_NOT_PRINTED),
            entity=self._column(one, Column.ENTITY) or self.specification.dataset.entity,
            last_contact_date=last,
            death_date=last if one.died else None,
            death_relatedness=Relatedness.UNRELATED if one.died else Relatedness.UNKNOWN,
        )

    def _placed(self, patient: RebuiltPatient) -> list[_Placed]:
        """Invent a level for each unit: in its region when that is known, each level once."""
        free = {name: [*self.rng.permutation(levels)] for name, levels in LEVELS.items()}
        anywhere = [*self.rng.permutation(ANY_LEVEL)]
        placed = []
        for unit in patient.units:
            named = dict(unit.attributes).get(str(Column.LEVEL), "")
            region = self._region(patient, unit)
            choices = [named] if named else free[region] if region else anywhere
            if not choices:
                raise InvalidDataError(
                    f"A patient has more {region or 'treated'} units than there are levels. Lower "
                    "maximum_units_per_patient."
                )
            placed.append(_Placed(unit, SpinalLevel(str(choices.pop()))))
        return placed

    def _region(self, patient: RebuiltPatient, unit: RebuiltUnit) -> str:
        for _, group in (*unit.groups, *patient.groups):
            found = [one for one in self.specification.groups if one.id == group]
            if found and found[0].column is Column.REGION and found[0].id in LEVELS:
                return found[0].id
        return dict(unit.attributes).get(str(Column.REGION), "")

    def _vertebra(self, identity: str, placed: _Placed, start: dt.date) -> TreatedVertebra:
        facts = self.specification.dataset
        distance = self._distance(placed.unit) or facts.distance_mm
        reference = DistanceReference(facts.distance_reference)
        return TreatedVertebra(
            identity, placed.level, start, Prescription(facts.dose_gy, float(distance), reference)
        )

    def _distance(self, unit: RebuiltUnit) -> str:
        for _, group in unit.groups:
            found = [one for one in self.specification.groups if one.id == group]
            if found and found[0].column is Column.DISTANCE_MM:
                return found[0].id
        return dict(unit.attributes).get(str(Column.DISTANCE_MM), "")

    # --- visits ---

    def _visits(
        self, identity: str, patient: RebuiltPatient, units: list[_Placed], start: dt.date
    ) -> Iterator[Visit]:
        kinds = self._scan_days(patient, start)
        for day, kind in sorted(kinds.items()):
            assessed = tuple(
                self._assessment(one, day)
                for one in sorted(units, key=lambda one: one.level.position)
                if day <= self._observed_until(patient, one.unit)
            )
            if assessed:
                modality = Modality.MRI if self.rng.random() < MRI_SHARE else Modality.CT
                date = start + dt.timedelta(days=day)
                yield Visit(identity, date, kind, modality, assessed)

    def _observed_until(self, patient: RebuiltPatient, unit: RebuiltUnit) -> int:
        """Return the last day on which a unit may be scanned."""
        return patient.exit_day if unit.has_event or self._ends_with_patient else unit.exit_day

    @property
    def _ends_with_patient(self) -> bool:
        return any(one.censored_by for one in self.specification.endpoints) or all(
            one.unit is RowUnit.PATIENT for one in self.specification.endpoints
        )

    def _assessment(self, placed: _Placed, day: int) -> LevelAssessment:
        is_shown = placed.unit.has_event and day >= placed.unit.exit_day
        status = LocalStatus.PROGRESSION if is_shown else LocalStatus.NONE
        return LevelAssessment(placed.level, status, Finding.ABSENT, Finding.ABSENT)

    def _scan_days(self, patient: RebuiltPatient, start: dt.date) -> dict[int, VisitKind]:
        """Return the days of scans: a baseline, the schedule with jitter, and what must be seen."""
        anchors = {unit.exit_day for unit in patient.units if unit.has_event}
        if not patient.died:
            anchors.add(patient.exit_day)
        if not self._ends_with_patient:
            anchors |= {unit.exit_day for unit in patient.units}
        baseline = int(self.rng.integers(1, BASELINE_LIMIT_DAYS + 1))
        days = {}
        if baseline < min(anchors | {patient.exit_day}):
            days[baseline] = VisitKind.PLANNED
        for target, window in _schedule(start):
            day = target + int(self.rng.integers(-(window * 2 // 3), window * 2 // 3 + 1))
            missed = self.rng.random() < MISSED_SHARE
            near = any(abs(one - day) <= ANCHOR_REPLACES_WITHIN_DAYS for one in anchors)
            if day < patient.exit_day and not missed and not near:
                days[day] = VisitKind.PLANNED
        for anchor in anchors:
            planned = any(abs(anchor - target) <= window for target, window in _schedule(start))
            days[anchor] = VisitKind.PLANNED if planned else VisitKind.UNSCHEDULED
        return days

    # --- groups ---

    def groups_text(self) -> str:
        """Return the groups that no column of a data set holds, as CSV; empty when there are none.

        Every row says SYNTHETIC by its pseudonym.
        """
        without = {one.partition for one in self.specification.groups if one.column is Column.NONE}
        tables = {str(one.id) for one in self.specification.tables if one.column is Column.NONE}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        rows = [
            row
            for number, (one, units) in enumerate(
                zip(self.rebuilt.patients, self.placed, strict=True)
            )
            for row in _group_rows(self._identity(number), one, units, without, tables)
        ]
        writer.writerow(("patient_id", "level", "partition", "group"))
        writer.writerows(rows)
        return text.getvalue() if rows else ""


def _group_rows(
    identity: str,
    patient: RebuiltPatient,
    units: list[_Placed],
    partitions: set[str],
    tables: set[str],
) -> Iterator[tuple[str, str, str, str]]:
    for name, value in (*patient.groups, *patient.attributes):
        if name in partitions | tables:
            yield identity, "", name, value
    for one in units:
        for name, value in (*one.unit.groups, *one.unit.attributes):
            if name in partitions | tables:
                yield identity, str(one.level), name, value


def _sex(text: str) -> Sex:
    return Sex(text) if text in set(Sex) else Sex.UNKNOWN


def _schedule(start: dt.date) -> list[tuple[int, int]]:
    """Return days and windows of planned scans: 3 and 6 months, then every 6 months."""
    months = (3, *range(6, LAST_SCHEDULED_MONTH + 1, 6))
    return [
        ((add_calendar_months(start, month) - start).days, 14 if month == 3 else 30)
        for month in months
    ]
