"""Preparing a specification for drawing: which endpoint ends observation, and how each is drawn."""

from dataclasses import dataclass, field

from kyphort.errors import NoCohortError
from kyphort.published.specification import DAYS_IN, Endpoint, RowUnit, Specification
from kyphort.reconstruction.decide import FEW_EVENTS
from kyphort.reconstruction.merging import Drawn, prepare
from kyphort.reconstruction.orders import Order, TooManyOrdersError, orders
from kyphort.reconstruction.sampling import Pool
from kyphort.reconstruction.statements import Cut, EndpointProblem, problems_of


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """An endpoint prepared for drawing: orders of its few events, or states of its many."""

    endpoint: Endpoint
    problem: EndpointProblem
    orders: tuple[Order, ...]
    drawn: Drawn | None


@dataclass(slots=True)
class Plan:
    """A specification prepared for drawing.

    `patients` is the endpoint whose exits end the patients' observation, `units` the one that is
    censored by it; one of them may be absent. `pools` keeps what one cohort has sampled already.
    """

    specification: Specification
    patients: EndpointPlan | None
    units: EndpointPlan | None
    pools: dict[int, list[Pool]] = field(default_factory=dict)

    @property
    def days_in_unit(self) -> float:
        """Days in the specification's unit of time."""
        return DAYS_IN[self.specification.time_unit]

    @property
    def printed_cuts(self) -> set[object]:
        """The instants at which something is printed, of either endpoint, and None."""
        parts = [part for part in (self.patients, self.units) if part]
        return {one.cut for part in parts for one in part.problem.statements}


def plan_of(specification: Specification) -> Plan:
    """Prepare a specification for drawing.

    Raises
    ------
    NoCohortError
        When it has no endpoint, endpoints that cannot be drawn together, or bounds that prove that
        no cohort exists.
    """
    chained = [one for one in specification.endpoints if one.censored_by]
    if len(chained) > 1 or (len(specification.endpoints) > 1 and not chained):
        names = ", ".join(one.id for one in specification.endpoints)
        raise NoCohortError(
            f"{specification.id} has the endpoints {names}. A cohort is drawn from one endpoint, "
            "or from two of which one is 'censored_by' the other. Leave endpoints out, or add "
            "censored_by."
        )
    if len(specification.endpoints) > 2 or not specification.endpoints:
        raise NoCohortError(
            f"{specification.id} has {len(specification.endpoints)} endpoints. Allowed: one or two."
        )
    if chained:
        partner = specification.endpoint(chained[0].censored_by)
        cuts = {
            cut
            for endpoint in (chained[0], partner)
            for cut in problems_of(specification, endpoint)[0].cuts
        }
        return Plan(
            specification,
            _plan_endpoint(specification, partner, cuts),
            _plan_endpoint(specification, chained[0], cuts),
        )
    only = specification.endpoints[0]
    plan = _plan_endpoint(specification, only, set())
    is_units = only.unit is RowUnit.UNIT and specification.population.is_clustered
    return Plan(specification, None if is_units else plan, plan if is_units else None)


def _plan_endpoint(
    specification: Specification, endpoint: Endpoint, cuts: set[Cut]
) -> EndpointPlan:
    problems = problems_of(specification, endpoint, cuts)
    if len(problems) > 1:
        names = ", ".join(one.partition for one in problems)
        raise NoCohortError(
            f"{endpoint.label} has curves by {names}. A cohort is drawn from one partition: leave "
            "the curves and tests of the others out."
        )
    problem = problems[0]
    totals = [problem.total_events(arm) for arm in problem.everybody]
    if sum(one for one in totals if one) <= FEW_EVENTS:
        try:
            found = tuple(orders(problem))
        except TooManyOrdersError:
            found = ()
        if found:
            return EndpointPlan(endpoint, problem, found, None)
    drawn = prepare(problem)
    impossible = [
        arm
        for arm, states in zip(problem.arms, drawn.states, strict=True)
        if not states.is_possible
    ]
    if impossible:
        raise NoCohortError(
            f"{endpoint.label}, {impossible[0]}: no numbers at risk were found that fit at every "
            "landmark. Run 'kyphort paper check' for the printed numbers that contradict each "
            "other."
        )
    return EndpointPlan(endpoint, problem, (), drawn)
