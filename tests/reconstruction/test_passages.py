"""Curves exit by exit: against brute force, against CP-SAT, and the founding paper's survival."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from kyphort.published.specification import find_specification
from kyphort.reconstruction import Limits, Verdict
from kyphort.reconstruction.check import perturbations
from kyphort.reconstruction.edge_values import excluded_by_edge
from kyphort.reconstruction.hull import ArmRules, numbers_at_risk
from kyphort.reconstruction.orders import rules_of
from kyphort.reconstruction.passages import (
    FINE,
    Cells,
    TooManyCellsError,
    limits_of,
    meeting,
    passages,
)
from kyphort.reconstruction.statements import problems_of

PAPER = find_specification("bludau2020")
(SURVIVAL,) = problems_of(PAPER, PAPER.endpoint("overall_survival"))
Z = 1.959963984540054


@dataclass(frozen=True)
class State:
    """A state at a cut, worked out without the code under test."""

    at_risk: int
    events: int
    survival: float
    greenwood: float


def states_at(is_event: tuple[bool, ...], places: tuple[int, ...]) -> list[State]:
    """Return the states after the first `places` exits of one order of exits."""
    number, events, survival, greenwood = len(is_event), 0, 1.0, 0.0
    here = [State(number, 0, 1.0, 0.0)]
    for one in is_event:
        if one:
            greenwood += 1 / (number * (number - 1)) if number > 1 else 0.0
            survival *= 1 - 1 / number
            events += 1
        number -= 1
        here.append(State(number, events, survival, greenwood))
    return [here[place] for place in places]


def rules(
    size: int, windows: list[tuple[float, float]], total: int | None, last: int | None = None
) -> ArmRules:
    none = (None,) * len(windows)
    logs = tuple((math.log(low) if low > 0 else -math.inf, math.log(high)) for low, high in windows)
    return ArmRules(size, logs, none, none, total, 0, last)


def window(survival: float, half: float) -> tuple[float, float]:
    return max(0.0, survival - half), min(1.0, survival + half)


def brute_force(
    size: int, windows: list[tuple[float, float]], total: int | None
) -> list[list[State]]:
    """Return, for each cut, the states of every order of exits that fits."""
    found: list[list[State]] = [[] for _ in windows]
    for is_event in itertools.product((False, True), repeat=size):
        if total is not None and sum(is_event) != total:
            continue
        for places in itertools.combinations_with_replacement(range(size + 1), len(windows)):
            states = states_at(is_event, places)
            if all(
                low - 1e-12 <= state.survival <= high + 1e-12
                for state, (low, high) in zip(states, windows, strict=True)
            ):
                for mine, state in zip(found, states, strict=True):
                    mine.append(state)
    return found


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_tiny_curves_have_the_states_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 8))
    is_event = tuple((rng.random(size) < 0.6).tolist())
    places = tuple(sorted(rng.integers(0, size + 1, 2).tolist()))
    half = float(rng.choice([0.0005, 0.02]))
    windows = [window(one.survival, half) for one in states_at(is_event, places)]
    total = sum(is_event) if rng.random() < 0.7 else None
    expected = brute_force(size, windows, total)
    found = passages(rules(size, windows, total), Limits(60), FINE)
    for cells, states in zip(found, expected, strict=True):
        assert {(one.at_risk, one.events) for one in states} == set(
            zip(cells.at_risk.tolist(), cells.events.tolist(), strict=True)
        )
        low, high = limits_of(cells, "std_error", Z)
        errors = [one.survival * math.sqrt(one.greenwood) for one in states]
        assert low <= min(errors) + 1e-12
        assert max(errors) <= high + 1e-12
        # No wider than cells of the grid are.
        assert low == pytest.approx(min(errors), abs=1e-4)
        assert high == pytest.approx(max(errors), abs=1e-4)


@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("what", ["at_risk", "greenwood"])
def test_a_curve_of_thirty_has_the_extremes_of_cp_sat(what: str, largest: bool) -> None:
    rng = np.random.default_rng(11)
    size, cut, total = 30, 1, 14
    is_event = tuple((rng.permutation(size) < total).tolist())
    windows = [window(one.survival, 0.0005) for one in states_at(is_event, (8, 16, 23))]
    found = passages(rules(size, windows, total), Limits(60), FINE)[cut]
    solved = by_cp_sat(size, windows, total, cut, what, largest=largest)
    if what == "at_risk":
        ends = (int(found.at_risk.min()), int(found.at_risk.max()))
        assert ends[largest] == solved
        return
    ends_of_greenwood = (float(found.least.min()), float(found.most.max()))
    side = 1 if largest else -1
    # Outside the exact extreme, and no farther than a thousandth of it.
    assert 0 <= side * (ends_of_greenwood[largest] - solved) + 1e-7 < 1e-3 * solved


def by_cp_sat(
    size: int,
    windows: list[tuple[float, float]],
    total: int,
    cut: int,
    what: str,
    *,
    largest: bool,
) -> float:
    """Return the extreme of one state by a model with a variable for each exit."""
    model, scale = cp_model.CpModel(), 10**8
    event = [model.new_bool_var("") for _ in range(size)]
    model.add(sum(event) == total)
    before = [[model.new_bool_var("") for _ in range(size)] for _ in windows]
    both = [[model.new_bool_var("") for _ in range(size)] for _ in windows]
    for k, (low, high) in enumerate(windows):
        for p in range(size):
            if p:
                model.add_implication(before[k][p], before[k][p - 1])
            if k:
                model.add_implication(before[k - 1][p], before[k][p])
            model.add_multiplication_equality(both[k][p], [event[p], before[k][p]])
        fall = sum(round(scale * math.log1p(-1 / (size - p))) * both[k][p] for p in range(size - 1))
        model.add(both[k][size - 1] == 0)
        model.add_linear_constraint(
            fall, math.floor(scale * math.log(low)), math.ceil(scale * math.log(high))
        )
    if what == "at_risk":
        goal = size - sum(before[cut])
    else:
        goal = sum(
            round(scale / ((size - p) * (size - p - 1))) * both[cut][p] for p in range(size - 1)
        )
    (model.maximize if largest else model.minimize)(goal)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.status_name(solver.solve(model)) == "OPTIMAL"
    return solver.objective_value / (1 if what == "at_risk" else scale)


# --- the founding paper ---------------------------------------------------------------------------


def test_survival_of_the_founding_paper() -> None:
    found = passages(rules_of(SURVIVAL, (0,)), Limits(60))
    at_risk = [(int(one.at_risk.min()), int(one.at_risk.max())) for one in found]
    # A feasibility study found the same with another programme, but for 52 at 12 months.
    assert at_risk == [(64, 76), (49, 62), (40, 49), (28, 38), (6, 31), (0, 20)]
    low, high = limits_of(found[2], "std_error", Z)
    # 5.0 to 5.2 points were seen over its cohorts.
    assert low < 0.0500
    assert 0.0520 < high < 0.0550


WITNESS = (
    ((1, 9), (0, 1), (1, 1), (0, 2), (1, 3), (0, 3), (1, 1), (0, 3), (1, 11)),
    ((1, 5), (0, 1), (1, 3), (0, 1), (1, 4), (0, 7)),
    ((1, 9),),
    ((1, 9),),
    ((1, 1), (0, 18)),
    ((1, 4), (0, 2)),
    ((1, 6),),
)
"""Exits between the landmarks: 1 a death, 0 a censoring, and how many of them in a row."""


def test_49_can_be_at_risk_at_12_months() -> None:
    """A curve that returns the print with 49 at risk, counted exit by exit."""
    states, number, survival, events = [], 104, 1.0, 0
    for interval in WITNESS:
        for is_event, count in interval:
            for _ in range(count):
                survival *= 1 - is_event / number
                events += is_event
                number -= 1
        states.append((number, f"{100 * survival:.1f}"))
    assert [text for _, text in states[:6]] == ["74.6", "61.7", "50.3", "39.0", "37.7", "25.2"]
    assert states[1][0] == 49
    assert (number, events) == (0, 66)


# --- ties and limits ------------------------------------------------------------------------------


def test_a_tie_is_excluded_only_when_no_number_at_risk_divides() -> None:
    """0.9 = 9/10 is one event among ten; 0.8005 = 1601/2000 would need a prime above 89."""
    at_90 = rules(10, [(0.85, 0.9), (0.9, 0.95)], 1)
    ranges = numbers_at_risk(at_90, (1, 0, 0))
    assert ranges == [(10, 10)]
    assert not excluded_by_edge(at_90, (1, 0, 0), ranges)
    at_8005 = rules(89, [(0.7995, 0.8005), (0.8005, 0.8015)], 6)
    assert excluded_by_edge(at_8005, (6, 0, 0), [(2, 89)] * 6)
    # With an event between the landmarks nothing has to be met exactly.
    assert not excluded_by_edge(at_8005, (5, 1, 0), [(2, 89)] * 6)


def test_too_little_time_leaves_a_curve_open() -> None:
    with pytest.raises(TooManyCellsError):
        passages(rules_of(SURVIVAL, (0,)), Limits(0.0))


def test_every_changed_digit_of_survival_is_decided() -> None:
    found = list(perturbations(SURVIVAL, PAPER, Limits(120)))
    assert len(found) == 12
    assert {one.verdict for one in found} <= {Verdict.CONSISTENT, Verdict.CONTRADICTORY}


@given(st.integers(0, 2**32 - 1))
def test_states_meet_where_any_interval_overlaps(seed: int) -> None:
    # Intervals of all lengths, also within each other, against all pairs one by one.
    rng = np.random.default_rng(seed)

    def states(number: int) -> Cells:
        low = rng.uniform(0.0, 1.0, number)
        high = low + (1 - low) * rng.choice([0.0, 0.01, 1.0], number)
        zero = np.zeros(number)
        return Cells(rng.integers(1, 4, number), rng.integers(0, 3, number), low, high, zero, zero)

    mine, theirs = states(12), states(9)
    expected = [
        any(
            (n, d) == (m, e) and a <= y and x <= b
            for m, e, x, y in zip(
                theirs.at_risk, theirs.events, theirs.low, theirs.high, strict=True
            )
        )
        for n, d, a, b in zip(mine.at_risk, mine.events, mine.low, mine.high, strict=True)
    ]
    assert meeting(mine, theirs).low.tolist() == mine.low[expected].tolist()
