"""Deciding whether an endpoint's printed numbers can hold together, and if not, which cannot."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from kyphort.reconstruction.exits import LARGEST, TooManyStatesError, reachable
from kyphort.reconstruction.findings import Finding, Verdict
from kyphort.reconstruction.merging import draw_merged
from kyphort.reconstruction.orders import (
    Order,
    TooManyOrdersError,
    event_intervals,
    has_open_edge,
    is_joint,
    orders,
    rules_of,
)
from kyphort.reconstruction.passages import COARSE, TooManyCellsError, passages
from kyphort.reconstruction.sampling import INSIDE, PARTICLES, sample_order
from kyphort.reconstruction.search import search
from kyphort.reconstruction.sequences import Sequence, Status
from kyphort.reconstruction.solver import Limits
from kyphort.reconstruction.statements import EndpointProblem, Kind
from kyphort.reconstruction.witness import faults

FEW_EVENTS = 24
"""Up to so many events every order is searched; beyond, curves are bounded and then drawn."""
DRAWS = 400


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one problem: its verdict, a witness in words or what was tried."""

    verdict: Verdict
    detail: str
    sequence: Sequence | None = None


def decide(problem: EndpointProblem, limits: Limits, *, draws: int = DRAWS) -> Decision:
    """Decide one problem: exactly when it has few events, else by bounds and by drawing cohorts.

    With `draws` 0 only proofs are sought.

    Raises
    ------
    SolverMissingError
        When the proof needs OR-Tools and it is not installed.
    """
    parts = independent_parts(problem)
    if len(parts) > 1:
        return _all_of([decide(part, limits, draws=draws) for part in parts])
    found, why = _orders_of(problem)
    if found is not None:
        return _by_search(problem, found, limits)
    impossible = _impossible_by_bounds(problem)
    if impossible is not None:
        return impossible
    drawn = _by_drawing(problem, limits, why, draws)
    if drawn.verdict is Verdict.CONSISTENT:
        return drawn
    return _impossible_exit_by_exit(problem, limits) or drawn


def _orders_of(problem: EndpointProblem) -> tuple[list[Order] | None, str]:
    """Return all orders of few events; None, and why, when there are too many."""
    if not _is_few(problem):
        return None, ""
    try:
        return orders(problem), ""
    except TooManyOrdersError as error:
        return None, str(error)


def _by_search(problem: EndpointProblem, found: list[Order], limits: Limits) -> Decision:
    """Decide by sampling solutions first, and by CP-SAT when none turns up."""
    sampled = _sampled(problem, found, limits)
    if sampled is not None:
        return Decision(Verdict.CONSISTENT, described(problem, sampled), sampled)
    is_on_edge = has_open_edge(problem, found)
    outcome = search(problem, found, limits.share(EDGE_SECONDS) if is_on_edge else limits)
    if outcome.status is Status.IMPOSSIBLE and not _holds_with_ties(problem, found, limits):
        return Decision(Verdict.UNDECIDED, _ONLY_WITHOUT_TIES)
    if outcome.status is Status.IMPOSSIBLE:
        return Decision(
            Verdict.CONTRADICTORY,
            f"all {len(found)} orders of the events searched: none has numbers at risk that fit"
            if found
            else "no way to place the events between the landmarks fits",
        )
    if outcome.sequence is None:
        edge = "; two landmarks leave a single value between them" if is_on_edge else ""
        return Decision(Verdict.UNDECIDED, f"time limit after {limits.spent:.0f} s of search{edge}")
    wrong = faults(problem, outcome.sequence)
    if wrong:
        return Decision(
            Verdict.UNDECIDED, f"what the search can use fits, but this was not reached: {wrong[0]}"
        )
    return Decision(Verdict.CONSISTENT, described(problem, outcome.sequence), outcome.sequence)


_ONLY_WITHOUT_TIES = (
    "no cohort fits whose events all fall on different days; whether one with several events on "
    "one day does was not decided"
)


def _holds_with_ties(problem: EndpointProblem, found: list[Order], limits: Limits) -> bool:
    """Whether a contradiction stands when events may share days, which changes tests alone."""
    if not problem.of(Kind.LOGRANK, Kind.HAZARD):
        return True
    return search(problem, found, limits, ties=True).status is Status.IMPOSSIBLE


SAMPLED_ORDERS = 24
EDGE_SECONDS = 1.0
"""A search for numbers at risk that give one exact value seldom ends."""


def _sampled(problem: EndpointProblem, found: list[Order], limits: Limits) -> Sequence | None:
    """Return a sampled solution: much faster than a search, and no proof when there is none."""
    generator = np.random.default_rng(limits.seed)
    for order in found[:SAMPLED_ORDERS]:
        for inside in (INSIDE, 0.0):
            if limits.left <= 0:
                return None
            pool = sample_order(problem, order, PARTICLES, generator, inside)
            for index in range(min(3, len(pool.at_risk))):
                sequence = pool.sequence(index)
                if not faults(problem, sequence):
                    return sequence
    return None


def _is_few(problem: EndpointProblem) -> bool:
    totals = [problem.total_events(arm) for arm in problem.everybody]
    known = [one for one in totals if one is not None]
    # An arm with an open total has as many events as its curve needs: the orders tell.
    return sum(known) <= FEW_EVENTS and max(problem.sizes) <= LARGEST


def independent_parts(problem: EndpointProblem) -> list[EndpointProblem]:
    """Return one problem for each arm, when no printed number links them."""
    if len(problem.arms) == 1 or is_joint(problem):
        return [problem]
    return [arm_alone(problem, arm) for arm in problem.everybody if _is_described(problem, arm)]


def _is_described(problem: EndpointProblem, arm: int) -> bool:
    return any(one.members == (arm,) for one in problem.statements)


def arm_alone(problem: EndpointProblem, arm: int) -> EndpointProblem:
    """Return the problem of one arm by itself."""
    statements = tuple(
        replace(one, members=(0,))
        for one in problem.statements
        if one.members == (arm,) and not one.against
    )
    known = tuple(replace(one, arm=0) for one in problem.known if one.arm == arm)
    return replace(
        problem,
        arms=(problem.arms[arm],),
        sizes=(problem.sizes[arm],),
        statements=statements,
        known=known,
    )


def pooled_alone(problem: EndpointProblem) -> EndpointProblem:
    """Return the problem of everybody as one curve, without the arms."""
    everybody = problem.everybody
    statements = tuple(
        replace(one, members=(0,))
        for one in problem.statements
        if one.members == everybody and not one.against
    )
    return replace(
        problem, arms=("all",), sizes=(sum(problem.sizes),), statements=statements, known=()
    )


def _each_alone(problem: EndpointProblem) -> list[EndpointProblem]:
    """Return every curve by itself, that of everybody last."""
    alone = [arm_alone(problem, arm) for arm in problem.everybody]
    return [*alone, pooled_alone(problem)] if len(problem.arms) > 1 else alone


def _impossible_by_bounds(problem: EndpointProblem) -> Decision | None:
    """Return a contradiction that bounds of single curves prove; None when they do not."""
    if max(problem.sizes) > LARGEST:
        return None
    first, last = event_intervals(problem)
    for one in (each for each in _each_alone(problem) if each.statements):
        rules = replace(rules_of(one, (0,)), first_interval=first, last_interval=last)
        try:
            is_possible = reachable(rules).is_possible
        except TooManyStatesError:
            continue
        if not is_possible:
            return Decision(
                Verdict.CONTRADICTORY,
                f"no numbers at risk and events of {one.arms[0]} fit at every landmark",
            )
    return None


def _impossible_exit_by_exit(problem: EndpointProblem, limits: Limits) -> Decision | None:
    """Return a contradiction that single curves prove exit by exit; None when they do not."""
    for one in (each for each in _each_alone(problem) if each.statements):
        try:
            states = passages(rules_of(one, (0,)), limits, COARSE)
        except TooManyCellsError:
            continue
        empty = [cut for cut, here in zip(one.cuts, states, strict=True) if not len(here)]
        if empty:
            return Decision(
                Verdict.CONTRADICTORY,
                f"no order of events and censorings of {one.arms[0]} fits at every landmark",
            )
    return None


def _by_drawing(problem: EndpointProblem, limits: Limits, why: str, draws: int) -> Decision:
    generator = np.random.default_rng(limits.seed)
    for attempt in range(1, draws + 1):
        if limits.left <= 0:
            return Decision(Verdict.UNDECIDED, f"time limit after {attempt - 1} drawn cohorts")
        merged = draw_merged(problem, generator)
        if merged is not None and not faults(problem, merged):
            return Decision(Verdict.CONSISTENT, described(problem, merged), merged)
    reason = f"{why} " if why else ""
    return Decision(
        Verdict.UNDECIDED, f"{reason}{draws} drawn cohorts miss a printed number; bounds allow it"
    )


def _all_of(decisions: Iterable[Decision]) -> Decision:
    found = list(decisions)
    for verdict in (Verdict.CONTRADICTORY, Verdict.UNDECIDED):
        wrong = [one for one in found if one.verdict is verdict]
        if wrong:
            return wrong[0]
    return Decision(Verdict.CONSISTENT, "; ".join(one.detail for one in found))


def described(problem: EndpointProblem, sequence: Sequence) -> str:
    """Write a witness: each event with its arm and the numbers at risk."""
    if len(sequence.arms) > FEW_EVENTS:
        return f"a cohort with {len(sequence.arms)} events returns every number"
    events = [
        f"{problem.arms[arm]} at {'/'.join(map(str, numbers))}"
        for arm, numbers in zip(sequence.arms, sequence.at_risk, strict=True)
    ]
    return f"at risk ({'/'.join(problem.arms)}) at the events: {', '.join(events)}"


def finding_of(problem: EndpointProblem, limits: Limits) -> Finding:
    """Decide a problem and, when it is contradictory, look for a minimal set of printed numbers."""
    by = f" by {problem.partition}" if problem.partition else ""
    subject = f"{problem.label}{by}"
    decision = decide(problem, limits)
    if decision.verdict is not Verdict.CONTRADICTORY:
        return Finding(subject, decision.verdict, _texts(problem, problem.items), decision.detail)
    items, is_minimal = minimal_conflict(problem, limits)
    return Finding(subject, decision.verdict, _texts(problem, items), decision.detail, is_minimal)


def _texts(problem: EndpointProblem, items: Iterable[str]) -> tuple[str, ...]:
    return tuple(problem.text_of(item) for item in items)


def minimal_conflict(problem: EndpointProblem, limits: Limits) -> tuple[tuple[str, ...], bool]:
    """Return printed numbers that contradict each other, each of which is needed for it.

    Halves are left out first, then single numbers, as long as what remains is still impossible. The
    second value is False when time ran out before every number was tried.
    """

    def contradict(items: Iterable[str]) -> bool:
        kept = [*items, *(one.item for one in problem.known)]
        return (
            decide(problem.restricted(kept), limits.share(20.0), draws=0).verdict
            is Verdict.CONTRADICTORY
        )

    kept = _coarsely(list(problem.items), contradict, limits)
    position, is_minimal = 0, True
    while position < len(kept):
        if limits.left <= 0:
            is_minimal = False
            break
        without = kept[:position] + kept[position + 1 :]
        if contradict(without):
            kept = without
        else:
            position += 1
    return tuple(kept), is_minimal


def _coarsely(
    items: list[str], contradict: Callable[[list[str]], bool], limits: Limits
) -> list[str]:
    """Leave out large parts at once."""
    size = len(items) // 2
    while size >= 2 and limits.left > 0:
        for begin in range(0, len(items), size):
            without = items[:begin] + items[begin + size :]
            if without and contradict(without):
                items = without
                break
        else:
            size //= 2
    return items
