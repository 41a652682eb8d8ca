"""What a cohort is too small or too bare to show, said instead of estimated."""

from collections.abc import Iterator

from kyphort.clinical import Cohort, LocalStatus
from kyphort.endpoints import AnalysisSet, Ending, EndpointTable, Exclusion
from kyphort.reports.results import Missing
from kyphort.wording import counted

FEW_EVENTS = 10
"""Below this many events a comparison of groups has no useful power; a rule of thumb."""


def what_is_missing(
    cohort: Cohort, local: EndpointTable, survival: EndpointTable
) -> Iterator[Missing]:
    """Yield what cannot be estimated from this cohort, each with the reason."""
    recurrences = sum(row.code == 1 for row in local.rows)
    deaths = sum(row.code == 1 for row in survival.rows)
    if not cohort.visits:
        yield Missing(
            "Local control",
            "the data set has no visits: nobody looked for recurrence, so that its absence shows "
            "nothing",
        )
    elif never := _never_assessed(cohort):
        yield Missing(
            f"Local control of {never} of {len(local.rows)} vertebrae",
            "they were never assessed after the procedure; they count for half a day",
        )
    if not recurrences:
        yield Missing(
            "Time to recurrence and comparisons of local control",
            "no recurrence was recorded; the exact upper limit of the proportion says what that "
            "excludes",
        )
    elif recurrences < FEW_EVENTS:
        yield Missing(
            "Differences between groups",
            f"with {recurrences} recurrence{'' if recurrences == 1 else 's'} they cannot be told "
            "from chance; a large p-value is no evidence that groups are alike",
        )
    if not deaths:
        yield Missing("Median survival", "no death was recorded")


def what_is_left_out(analysed: AnalysisSet) -> Iterator[Missing]:
    """Yield what was recorded but enters no estimate, each with its count and the reason."""
    for reason, why in _WHY_EXCLUDED.items():
        rows = [one for one in analysed.excluded if one.reason is reason]
        if rows:
            people = {one.patient_id for one in rows}
            who = counted(len(people), "patient")
            yield Missing(f"{counted(len(rows), 'vertebra', 'vertebrae')} of {who}", why)
    for ending, why in _WHY_ENDED.items():
        ended = [one for one in analysed.ended if one.reason is ending]
        if ended:
            visits, deaths = sum(one.visits for one in ended), sum(one.death for one in ended)
            yield Missing(
                f"What came later of {counted(len(ended), 'patient')}",
                f"{why}; {counted(visits, 'visit')} and {counted(deaths, 'death')} after that day "
                "do not count",
            )


_WHY_EXCLUDED = {
    Exclusion.USE_WITHDRAWN: "the use of the records was withdrawn; they enter no number here",
    Exclusion.NOT_DELIVERED: "the irradiation was planned but not delivered; they enter no number "
    "here",
}
_WHY_ENDED = {
    Ending.WITHDRAWAL: "follow-up was stopped by the patient",
    Ending.LOSS: "given up as lost, so that later news would be known of some only",
}


def _never_assessed(cohort: Cohort) -> int:
    assessed = {
        (visit.patient_id, reading.level)
        for visit in cohort.visits
        for reading in visit.assessments
        if reading.local_status is not LocalStatus.NOT_ASSESSABLE
    }
    return sum((one.patient_id, one.level) not in assessed for one in cohort.vertebrae)
