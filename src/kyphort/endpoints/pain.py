"""Deriving pain: which score answers for which nominal visit, and what is missing and why."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from kyphort.clinical import Cohort, Patient
from kyphort.endpoints.pain_response import ConsensusDefinition, TrialDefinition
from kyphort.endpoints.pain_table import DatedPain, PainRow, PainStatus, PainTable, PainVisit
from kyphort.errors import InvalidDataError
from kyphort.units import days_between

_TRIAL = "NCT02773966, doi:10.1186/s12885-019-5666-5"
_ASSUMED = "assumption: the sources name no such visit for pain"
_WINDOW = "assumption: the sources print no windows"

DEFAULT_PAIN_VISITS = (
    PainVisit("day 1", 1, 0, 2, _TRIAL, _WINDOW),
    PainVisit("2 weeks", 14, 7, 7, _TRIAL, _WINDOW),
    PainVisit("6 weeks", 42, 7, 7, _TRIAL, _WINDOW),
    PainVisit("3 months", 91, 14, 14, _ASSUMED, _WINDOW),
    PainVisit("6 months", 183, 30, 30, _ASSUMED, _WINDOW),
    PainVisit("12 months", 365, 30, 30, _ASSUMED, _WINDOW),
)
"""The pain visits of the phase III trial, and three later ones."""

BASELINE_DAYS = 30
"""How long before the first procedure a baseline score may have been taken; an assumption."""

TRIAL_DEFINITION = TrialDefinition()
CONSENSUS_DEFINITION = ConsensusDefinition()


def derive_pain(
    cohort: Cohort,
    visits: Sequence[PainVisit] = DEFAULT_PAIN_VISITS,
    *,
    baseline_days: int = BASELINE_DAYS,
    trial: TrialDefinition = TRIAL_DEFINITION,
    consensus: ConsensusDefinition = CONSENSUS_DEFINITION,
) -> PainTable:
    """Find the baseline of each patient and the score that answers for each nominal visit.

    Time counts in days from the patient's first procedure. The baseline is the last score from
    `baseline_days` before it up to its day. Within a window the score nearest to the target counts,
    of two equally near ones the later. Without a score the patient is dead (died before the window
    closed), not yet due (the window was still open at the data cut-off) or not assessed.

    Raises
    ------
    InvalidDataError
        When there is no visit, a name repeats, windows overlap, or `baseline_days` is negative.

    Examples
    --------
    The published cohort printed no scores, and has none:

    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.published import dataset_folder
    >>> table = derive_pain(read_csv_set(dataset_folder("bludau2020")))
    >>> summary = table.summary("12 months")
    >>> summary.patients, summary.status[PainStatus.ASSESSED]
    (104, 0)
    """
    _check_visits(visits)
    if baseline_days < 0:
        raise InvalidDataError(
            f"baseline_days: {baseline_days}. Allowed: 0 or more days before the first procedure."
        )
    rows = tuple(
        _row(course, visit, baseline, trial, consensus)
        for course in map(partial(_course, cohort), cohort.patients)
        for baseline in [_baseline(course, baseline_days)]
        for visit in visits
    )
    return PainTable(tuple(visits), baseline_days, trial, consensus, rows)


def _check_visits(visits: Sequence[PainVisit]) -> None:
    if not visits:
        raise InvalidDataError("There is no pain visit. Name at least one.")
    repeated = [name for name, n in Counter(visit.name for visit in visits).items() if n > 1]
    if repeated:
        raise InvalidDataError(
            f"The pain visit '{repeated[0]}' appears more than once. Rename one of them."
        )
    for one, two in pairwise(sorted(visits, key=lambda visit: visit.first_day)):
        if two.first_day <= one.last_day:
            raise InvalidDataError(
                f"The windows of the pain visits '{one.name}' (days {one.first_day} to "
                f"{one.last_day}) and '{two.name}' (days {two.first_day} to {two.last_day}) "
                "overlap, so that one score could answer for both. Narrow one of them."
            )


@dataclass(frozen=True, slots=True)
class _Course:
    """A patient in the cohort: the first procedure, and every score by date."""

    cohort: Cohort
    patient: Patient
    procedure: dt.date
    scores: tuple[DatedPain, ...]

    def day(self, number: int) -> dt.date:
        """Return the date so many days from the first procedure."""
        return self.procedure + dt.timedelta(days=number)

    def between(self, start: dt.date, end: dt.date) -> list[DatedPain]:
        """Return the scores from `start` to `end`."""
        return [score for score in self.scores if start <= score.date <= end]


def _course(cohort: Cohort, patient: Patient) -> _Course:
    scores = tuple(
        DatedPain(visit.visit_date, visit.pain)
        for visit in cohort.visits_of(patient)
        if visit.pain is not None
    )
    return _Course(cohort, patient, cohort.first_procedure_date(patient), scores)


def _row(
    course: _Course,
    visit: PainVisit,
    baseline: DatedPain | None,
    trial: TrialDefinition,
    consensus: ConsensusDefinition,
) -> PainRow:
    start, end = course.day(visit.first_day), course.day(visit.last_day)
    score = _score(course, visit)
    if score is None:
        status, reason = _missing(course, start, end)
    else:
        day = days_between(course.procedure, score.date)
        status, reason = PainStatus.ASSESSED, f"scored on day {day}"
    before = None if baseline is None else baseline.pain
    after = None if score is None else score.pain
    return PainRow(
        patient_id=course.patient.patient_id,
        visit=visit,
        status=status,
        reason=reason,
        procedure_date=course.procedure,
        window_start=start,
        window_end=end,
        baseline=baseline,
        score=score,
        trial=trial.judge(before, after),
        consensus=consensus.judge(before, after),
        treated_again=_treated_again(course, end if score is None else score.date),
    )


def _baseline(course: _Course, baseline_days: int) -> DatedPain | None:
    scores = course.between(course.day(-baseline_days), course.procedure)
    return max(scores, key=lambda score: score.date, default=None)


def _score(course: _Course, visit: PainVisit) -> DatedPain | None:
    target = course.day(visit.target_days)

    def distance(score: DatedPain) -> tuple[int, int]:
        return abs(days_between(target, score.date)), -score.date.toordinal()

    scores = course.between(course.day(visit.first_day), course.day(visit.last_day))
    return min(scores, key=distance, default=None)


def _missing(course: _Course, start: dt.date, end: dt.date) -> tuple[PainStatus, str]:
    """Say why there is no score from `start` to `end`."""
    patient, cut_off = course.patient, course.cohort.data_cut_off
    if patient.death_date is not None and patient.death_date <= end:
        return PainStatus.DEAD, f"died on {patient.death_date}"
    if cut_off < start:
        return PainStatus.NOT_YET_DUE, f"window opens on {start}, after the data cut-off"
    if cut_off < end:
        return PainStatus.NOT_YET_DUE, f"window open until {end}, after the data cut-off"
    if any(start <= visit.visit_date <= end for visit in course.cohort.visits_of(patient)):
        return PainStatus.NOT_ASSESSED, "seen in the window, but without a score"
    if patient.last_contact_date < start:
        return PainStatus.NOT_ASSESSED, f"last contact on {patient.last_contact_date}"
    return PainStatus.NOT_ASSESSED, "no visit in the window"


def _treated_again(course: _Course, until: dt.date) -> dt.date | None:
    """Return the first further procedure or retreatment after the first procedure."""
    vertebrae = course.cohort.vertebrae_of(course.patient)
    dates = [vertebra.procedure_date for vertebra in vertebrae]
    dates += [vertebra.retreatment_date for vertebra in vertebrae if vertebra.retreatment_date]
    return min((date for date in dates if course.procedure < date <= until), default=None)
