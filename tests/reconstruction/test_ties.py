"""Events on one day: tests come out otherwise, and no contradiction may rest on their order."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.reconstruction import Limits, Verdict
from kyphort.reconstruction.decide import decide
from kyphort.reconstruction.orders import Order
from kyphort.reconstruction.statements import problems_of
from kyphort.reconstruction.ties import expected, room_of, variance, weighted_share

from .papers import read

# Seven patients seen every 30 days, found among random publications: the hazard ratio is that of
# Cox regression by Efron on tied times, and no order of events on different days gives it.
TIED = """
schema = "kyphort-specification/1"
id = "tied"
title = "Events on one day"
time_unit = "months"
[population]
patients = 7
[[group]]
id = "a"
n = 3
[[group]]
id = "b"
n = 4
[[endpoint]]
id = "main"
is_death = true
[[curve]]
id = "main_a"
endpoint = "main"
group = "a"
times = [6.0]
survival = ["100.00"]
events_total = 3
[[curve]]
id = "main_b"
endpoint = "main"
group = "b"
times = [6.0]
survival = [""]
events_total = 4
[[hazard_ratio]]
id = "ratio"
endpoint = "main"
group = "a"
reference = "b"
value = "0.12"
"""


def test_a_contradiction_that_needs_different_days_is_not_decided(tmp_path: Path) -> None:
    paper = read(TIED, tmp_path)
    (problem,) = problems_of(paper, paper.endpoints[0])
    decision = decide(problem, Limits(60))
    assert decision.verdict is Verdict.UNDECIDED
    assert "different days" in decision.detail


@given(
    st.lists(st.booleans(), min_size=1, max_size=6), st.integers(0, 6), st.integers(0, 6),
    st.floats(0.1, 10.0),
)  # fmt: skip
def test_terms_of_tied_events_lie_in_their_ranges(
    is_first: list[bool], more_a: int, more_b: int, ratio: float
) -> None:
    # All events of one interval on one day, by the textbook: hypergeometric, Breslow and Efron.
    d, events = len(is_first), [sum(is_first), len(is_first) - sum(is_first)]
    a0, b0 = events[0] + more_a, events[1] + more_b
    order = Order((0,) * d, tuple(0 if one else 1 for one in is_first), (), ())
    own = a0 * b0 / (a0 + b0) ** 2 * ((a0 + b0 - d) / (a0 + b0 - 1) if a0 + b0 > 1 else 0.0)
    a, b = a0, b0
    for event in range(d):
        room = room_of(order, (0, 1), event)
        gone = event / d
        efron = (a0 - gone * events[0], b0 - gone * events[1])
        terms = [
            (a0 / (a0 + b0), expected(a, b, room)),
            (own, variance(a, b, room)),
            (ratio * a0 / (ratio * a0 + b0), weighted_share(a, b, ratio, room)),
            (ratio * efron[0] / (ratio * efron[0] + efron[1]), weighted_share(a, b, ratio, room)),
        ]
        for value, (low, high) in terms:
            assert low - 1e-12 <= value <= high + 1e-12
        a, b = a - is_first[event], b - (not is_first[event])


def test_without_ties_a_range_is_one_number() -> None:
    order = Order((0, 1), (0, 1), (), ())
    room = room_of(order, (0, 1), 1)
    assert room.before == (0, 0)
    assert expected(3, 5, room) == pytest.approx((3 / 8, 3 / 8))
    assert variance(3, 5, room) == pytest.approx((15 / 64, 15 / 64))
