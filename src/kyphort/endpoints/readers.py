"""Several readers of one scan: what counts, and how far they agree."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from kyphort.clinical import (
    ADJUDICATED,
    Cohort,
    Finding,
    LevelAssessment,
    LocalStatus,
    Visit,
)

SITES = {
    "in-level": "local_status",
    "epidural": "epidural_status",
    "adjacent level": "adjacent_status",
}
"""Where tumour is read, and the field that holds it."""

_Value = TypeVar("_Value", LocalStatus, Finding)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two readers who saw one level of one scan differently."""

    patient_id: str
    visit_date: dt.date
    level: str
    site: str
    readings: tuple[tuple[str, str], ...]
    adjudicated: str | None


@dataclass(frozen=True, slots=True)
class ReaderAgreement:
    """How often two or more readers of a level agreed at one site."""

    site: str
    compared: int
    agreeing: int
    adjudicated: int
    unresolved: int
    disagreements: tuple[Disagreement, ...]


def settled_readings(visit: Visit) -> tuple[LevelAssessment, ...]:
    """Return one reading for each assessed level of a visit.

    An adjudicated reading counts alone. Without it, what the readers agree on counts; where they
    differ, a status is indeterminate and a finding not assessed until somebody adjudicates.
    """
    by_level = groupby(visit.assessments, key=lambda reading: reading.level)
    return tuple(_settled(list(readings)) for _, readings in by_level)


def _settled(readings: list[LevelAssessment]) -> LevelAssessment:
    final = next((one for one in readings if one.reader == ADJUDICATED), None)
    if final is not None or len(readings) == 1:
        return final or readings[0]
    return LevelAssessment(
        readings[0].level,
        _status([one.local_status for one in readings]),
        _agreed([one.new_fracture for one in readings], Finding.NOT_ASSESSED),
        _agreed([one.adjacent_fracture for one in readings], Finding.NOT_ASSESSED),
        _status([one.epidural_status for one in readings]),
        _status([one.adjacent_status for one in readings]),
    )


def _status(values: list[LocalStatus]) -> LocalStatus:
    """Settle a status; a reader who could not assess leaves the judgement to the others."""
    assessed: list[LocalStatus] = [one for one in values if one is not LocalStatus.NOT_ASSESSABLE]
    return _agreed(assessed or values, LocalStatus.INDETERMINATE)


def _agreed(values: list[_Value], otherwise: _Value) -> _Value:
    return values[0] if len(set(values)) == 1 else otherwise


def reader_agreement(cohort: Cohort) -> tuple[ReaderAgreement, ...]:
    """Count agreement of readers at each site, over levels that two or more have assessed."""
    return tuple(_agreement_at(cohort, site) for site in SITES)


def _agreement_at(cohort: Cohort, site: str) -> ReaderAgreement:
    compared = agreeing = 0
    found: list[Disagreement] = []
    for visit in cohort.visits:
        for level, grouped in groupby(visit.assessments, key=lambda reading: reading.level):
            readings = list(grouped)
            assessed = _assessed(readings, site)
            if len(assessed) < 2:
                continue
            compared += 1
            if len({status for _, status in assessed}) == 1:
                agreeing += 1
            else:
                final = _adjudicated(readings, site)
                found.append(
                    Disagreement(
                        visit.patient_id, visit.visit_date, level, site, tuple(assessed), final
                    )
                )
    settled = sum(one.adjudicated is not None for one in found)
    return ReaderAgreement(site, compared, agreeing, settled, len(found) - settled, tuple(found))


def _assessed(readings: Iterable[LevelAssessment], site: str) -> list[tuple[str, str]]:
    return [
        (one.reader, status.value)
        for one in readings
        if one.reader != ADJUDICATED
        and (status := getattr(one, SITES[site])) is not LocalStatus.NOT_ASSESSABLE
    ]


def _adjudicated(readings: Iterable[LevelAssessment], site: str) -> str | None:
    final = next((one for one in readings if one.reader == ADJUDICATED), None)
    return None if final is None else getattr(final, SITES[site]).value
