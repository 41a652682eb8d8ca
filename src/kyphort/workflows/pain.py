"""Pain at each nominal visit: paired change, responders, and what is missing."""

from collections.abc import Iterator

from kyphort.clinical import Cohort
from kyphort.endpoints.pain import derive_pain
from kyphort.endpoints.pain_response import ConsensusOutcome, TrialOutcome
from kyphort.endpoints.pain_table import PainStatus, PainSummary, PainVisit
from kyphort.protocol import Study
from kyphort.reports.results import PainRow, ProportionOf
from kyphort.survival import exact_proportion, paired_change
from kyphort.workflows.curves import known


def pain(cohort: Cohort, study: Study) -> tuple[PainRow, ...]:
    """Summarise pain at every nominal visit; nothing when the cohort has no score at all."""
    if not any(visit.pain for visit in cohort.visits):
        return ()
    return tuple(_rows(cohort, study))


def _rows(cohort: Cohort, study: Study) -> Iterator[PainRow]:
    visits = [
        PainVisit(one.name, one.target_days, one.before_days, one.after_days)
        for one in study.pain_visits
    ]
    table = derive_pain(cohort, visits, baseline_days=study.pain_baseline_days)
    for visit in visits:
        yield _row(table.summary(visit.name))


def _row(found: PainSummary) -> PainRow:
    change = paired_change(found.before, found.after)
    trial_judged = found.patients - found.trial[TrialOutcome.NOT_EVALUABLE]
    consensus_judged = found.patients - found.consensus[ConsensusOutcome.NOT_EVALUABLE]
    responding = (
        found.consensus[ConsensusOutcome.COMPLETE] + found.consensus[ConsensusOutcome.PARTIAL]
    )
    return PainRow(
        visit=found.visit.name,
        patients=found.patients,
        assessed=found.status[PainStatus.ASSESSED],
        dead=found.status[PainStatus.DEAD],
        not_assessed=found.status[PainStatus.NOT_ASSESSED],
        not_yet_due=found.status[PainStatus.NOT_YET_DUE],
        pairs=change.n,
        median_change=known(change.median),
        hodges_lehmann=known(change.hodges_lehmann),
        lower=known(change.lower),
        upper=known(change.upper),
        p_value=known(change.p_value),
        reason=change.reason,
        treated_again=found.treated_again,
        responders_trial=_share(found.trial[TrialOutcome.RESPONDER], trial_judged),
        responders_consensus=_share(responding, consensus_judged),
        complete_consensus=_share(found.consensus[ConsensusOutcome.COMPLETE], consensus_judged),
    )


def _share(events: int, n: int) -> ProportionOf | None:
    if not n:
        return None
    exact = exact_proportion(events, n)
    return ProportionOf(events, n, exact.estimate, exact.lower, exact.upper)
