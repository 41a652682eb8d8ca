"""The exact search for numbers at risk of few events, by CP-SAT.

Only the order of exits and events matters to Kaplan-Meier estimates, to the log-rank test and to
Cox regression with one binary covariate, so that there is no time grid: the unknowns are the
numbers at risk of every arm at every event of one order.
"""

from collections.abc import Iterable

from kyphort.reconstruction.order_model import OrderModel
from kyphort.reconstruction.orders import Order
from kyphort.reconstruction.sequences import Outcome, Sequence, Status
from kyphort.reconstruction.solver import Limits, solve
from kyphort.reconstruction.statements import EndpointProblem
from kyphort.reconstruction.targets import Target


def solve_order(
    problem: EndpointProblem,
    order: Order,
    limits: Limits,
    target: Target = None,
    *,
    largest: bool = True,
    beyond: float | None = None,
    ties: bool = False,
) -> Outcome:
    """Search one order for numbers at risk that give back every statement of the problem.

    With a `target` its largest (or smallest) value is sought, and `bound` is what is proved. With
    `beyond` only values are sought that are better than this one; without any it is impossible.
    With `ties` a solution is none yet, but that there is none holds for events that share days too.

    Raises
    ------
    SolverMissingError
        When OR-Tools is not installed.
    """
    model = OrderModel(problem, order, ties=ties)
    for statement in problem.statements:
        model.state(statement)
    scale = model.aim(target, largest=largest, beyond=beyond)
    status, solver = solve(model.model, limits)
    if status == "INFEASIBLE":
        return Outcome(Status.IMPOSSIBLE)
    if status not in ("OPTIMAL", "FEASIBLE"):
        return Outcome(Status.UNKNOWN)
    sequence = Sequence(
        order.intervals,
        order.arms,
        tuple(
            tuple(int(solver.value(model.own[arm][event])) for arm in problem.everybody)
            for event in range(len(order.arms))
        ),
    )
    if target is None:
        return Outcome(Status.FOUND, sequence)
    return Outcome(
        Status.FOUND,
        sequence,
        solver.objective_value / scale,
        solver.best_objective_bound / scale,
    )


def search(
    problem: EndpointProblem, found: Iterable[Order], limits: Limits, *, ties: bool = False
) -> Outcome:
    """Search all orders: the first solution, impossible when every order is, otherwise unknown.

    `ties` as in `solve_order`.
    """
    undecided = False
    for order in found:
        if limits.left <= 0:
            return Outcome(Status.UNKNOWN)
        outcome = solve_order(problem, order, limits, ties=ties)
        if outcome.status is Status.FOUND:
            return outcome
        undecided |= outcome.status is Status.UNKNOWN
    return Outcome(Status.UNKNOWN if undecided else Status.IMPOSSIBLE)
