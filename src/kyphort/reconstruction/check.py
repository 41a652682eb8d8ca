"""`kyphort paper check`: every question that the printed numbers can be asked."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kyphort.published.specification import Specification
from kyphort.reconstruction.arithmetic import arithmetic_findings
from kyphort.reconstruction.consequences import consequences
from kyphort.reconstruction.decide import decide, finding_of
from kyphort.reconstruction.findings import (
    CheckResult,
    Finding,
    Perturbation,
    Proved,
    Verdict,
)
from kyphort.reconstruction.solver import Limits
from kyphort.reconstruction.statements import EndpointProblem, Kind, problems_of


def check(specification: Specification, limits: Limits, *, sensitivity: bool = True) -> CheckResult:
    """Check a specification: arithmetic, each endpoint, consequences, and strength of the check.

    Verdicts never merge: what is not decided is neither consistent nor contradictory. When the
    time of `limits` ends, what is left is not decided.

    Raises
    ------
    SolverMissingError
        When a proof needs OR-Tools and it is not installed.

    Examples
    --------
    >>> from kyphort.published.specification import find_specification
    >>> result = check(find_specification("bludau2020"), Limits(120), sensitivity=False)
    >>> result.contradictions, result.undecided
    ((), ())
    """
    findings: list[Finding] = list(arithmetic_findings(specification))
    proved: list[Proved] = []
    moved: list[Perturbation] = []
    problems = [
        problem
        for endpoint in specification.endpoints
        for problem in problems_of(specification, endpoint)
        if problem.statements
    ]
    for problem in problems:
        limits.tell(f"Checking {problem.label} ({len(problem.items)} printed numbers)")
        found = finding_of(problem, limits)
        findings.append(found)
        if found.verdict is Verdict.CONSISTENT:
            limits.tell(f"What follows for {problem.label}")
            proved += consequences(problem, limits)
    if sensitivity:
        for problem, found in zip(problems, findings[-len(problems) :], strict=True):
            if found.verdict is not Verdict.CONTRADICTORY:
                limits.tell(f"Changing last digits of {problem.label}")
                moved += perturbations(problem, specification, limits)
    return CheckResult(
        specification.id, tuple(findings), tuple(proved), tuple(moved), limits.spent,
        is_complete=limits.left > 0,
    )  # fmt: skip


SECONDS_OF_A_DIGIT = 3.0
DRAWS_OF_A_DIGIT = 25


def perturbations(
    problem: EndpointProblem, specification: Specification, limits: Limits
) -> Iterator[Perturbation]:
    """Move the last digit of every printed survival by ±1 and decide again, one at a time."""
    for curve in specification.curves_of(problem.endpoint):
        for position, printed in enumerate(curve.survival):
            item = f"{curve.id} {curve.times[position]:g}"
            if printed is None or item not in problem.items:
                continue
            for step in (1, -1):
                changed = printed.moved(step)
                if not 0 <= changed.value <= curve.unit_of_print or changed.text == printed.text:
                    continue
                window = curve.with_survival(position, changed).window(position)
                assert window is not None  # noqa: S101 - it was just given a value
                verdict = _verdict_of(_with_window(problem, item, window), limits)
                yield Perturbation(item, problem.text_of(item), str(changed), verdict)


def _verdict_of(moved: EndpointProblem, limits: Limits) -> Verdict:
    """Decide a problem with a changed digit; when time is up it is not decided, without a look."""
    if limits.left <= 0:
        return Verdict.UNDECIDED
    return decide(moved, limits.share(SECONDS_OF_A_DIGIT), draws=DRAWS_OF_A_DIGIT).verdict


def _with_window(
    problem: EndpointProblem, item: str, window: tuple[float, float]
) -> EndpointProblem:
    statements = tuple(
        replace(one, low=window[0], high=window[1])
        if one.item == item and one.kind is Kind.SURVIVAL
        else one
        for one in problem.statements
    )
    return replace(problem, statements=statements)


def caught(moved: Iterable[Perturbation]) -> tuple[int, int]:
    """Return how many changed digits were proved contradictory, and how many were tried."""
    all_of_them = list(moved)
    return (
        sum(one.verdict is Verdict.CONTRADICTORY for one in all_of_them),
        len(all_of_them),
    )
