"""One patient as the rules see it: records by date, settled readings of each level."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from kyphort.clinical import (
    ADJUDICATED,
    AdverseEvent,
    Cohort,
    LevelAssessment,
    LocalStatus,
    Modality,
    Patient,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)
from kyphort.clinical.ending import LossToFollowUp, Withdrawal


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one level on one day; `status` is None when readers differ."""

    date: dt.date
    status: LocalStatus | None
    assessments: tuple[LevelAssessment, ...]


@dataclass(frozen=True)
class PatientCourse:
    """One patient with all records, and the day up to which the cohort knows anything."""

    cohort: Cohort
    patient: Patient

    @property
    def patient_id(self) -> str:
        """The pseudonym."""
        return self.patient.patient_id

    @cached_property
    def vertebrae(self) -> tuple[TreatedVertebra, ...]:
        """The treated vertebrae, head to tail."""
        return self.cohort.vertebrae_of(self.patient)

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """The visits by date."""
        return self.cohort.visits_of(self.patient)

    @cached_property
    def adverse_events(self) -> tuple[AdverseEvent, ...]:
        """The adverse events by date of onset."""
        return self.cohort.adverse_events_of(self.patient)

    @cached_property
    def first_procedure(self) -> dt.date:
        """The date of the first procedure."""
        return self.cohort.first_procedure_date(self.patient)

    @cached_property
    def last_day(self) -> dt.date:
        """The last day on which anything could have been recorded: death, or the data cut-off."""
        return self.patient.death_date or self.cohort.data_cut_off

    @property
    def has_ended(self) -> bool:
        """Whether follow-up ended by withdrawal or by a recorded loss."""
        of = self.cohort.of
        return bool(of(self.patient, Withdrawal) or of(self.patient, LossToFollowUp))

    @cached_property
    def readings(self) -> dict[SpinalLevel, tuple[Reading, ...]]:
        """The readings of each treated level by date, each day once."""
        return {one.level: tuple(self._readings(one.level)) for one in self.vertebrae}

    def _readings(self, level: SpinalLevel) -> Iterator[Reading]:
        for visit in self.visits:
            found = tuple(one for one in visit.assessments if one.level == level)
            if found:
                yield Reading(visit.visit_date, _settled(found), found)

    def after_procedure(self, vertebra: TreatedVertebra) -> Iterator[Reading]:
        """Yield the readings of a level since its own procedure."""
        for one in self.readings[vertebra.level]:
            if one.date >= vertebra.procedure_date:
                yield one

    def first_progression(self, vertebra: TreatedVertebra) -> dt.date | None:
        """Return the day on which progression was first read since the procedure."""
        dates = (
            one.date
            for one in self.after_procedure(vertebra)
            if one.status is LocalStatus.PROGRESSION
        )
        return next(dates, None)

    @cached_property
    def has_baseline(self) -> bool:
        """Whether a baseline visit, or imaging up to the day of the procedure, is recorded."""
        return any(
            one.kind is VisitKind.BASELINE
            or (one.visit_date <= self.first_procedure and one.modality is not Modality.NONE)
            for one in self.visits
        )


def _settled(assessments: Iterable[LevelAssessment]) -> LocalStatus | None:
    """Return the adjudicated status, or the one on which all readers agree, else None."""
    found = list(assessments)
    final = [one for one in found if one.reader == ADJUDICATED]
    statuses = {one.local_status for one in final or found}
    return statuses.pop() if len(statuses) == 1 else None
