"""What must hold for any data: order, copies, cuts, sums, limits."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyphort.survival import (
    SurvivalCurve,
    SurvivalData,
    aalen_johansen,
    kaplan_meier,
    logrank,
    reverse_kaplan_meier,
    risk_table,
)
from kyphort.survival.transforms import Confidence

from .cases import Case, cases, orders

KINDS: list[Confidence] = ["log-log", "log", "plain", "logit", "arcsin"]
ARRAYS = ("times", "survival", "std_error", "lower", "upper", "at_risk", "events", "censored")
FEW = settings(max_examples=60)


def bits(result: Any) -> list[bytes]:
    names = [name for name in (*ARRAYS, "incidence", "observed") if hasattr(result, name)]
    return [getattr(result, name).tobytes() for name in names]


def assert_close(one: SurvivalCurve, other: SurvivalCurve) -> None:
    for name in ARRAYS:
        ours, theirs = getattr(one, name), getattr(other, name)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12, err_msg=name)


@FEW
@given(st.data())
def test_row_order_changes_no_bit_without_weights(drawn: st.DataObject) -> None:
    case = drawn.draw(cases())
    moved = case.rows(drawn.draw(orders(case)))
    for columns in ((), ("entry",)):
        here, there = case.data(*columns), moved.data(*columns)
        assert bits(kaplan_meier(here)) == bits(kaplan_meier(there))
        ours, theirs = logrank(here, case.group), logrank(there, moved.group)
        assert bits(ours) == bits(theirs)
        assert np.array_equal([ours.statistic], [theirs.statistic], equal_nan=True)
        one, other = aalen_johansen(here), aalen_johansen(there)
        assert one.incidence.tobytes() == other.incidence.tobytes()


@FEW
@given(st.data())
def test_row_order_changes_nothing_with_weights_and_clusters(drawn: st.DataObject) -> None:
    case = drawn.draw(cases())
    moved = case.rows(drawn.draw(orders(case)))
    columns = ("entry", "cluster", "copies")
    one, other = kaplan_meier(case.data(*columns)), kaplan_meier(moved.data(*columns))
    assert_close(one, other)


@FEW
@given(cases())
def test_whole_number_weights_equal_copies(case: Case) -> None:
    copied = case.rows(np.repeat(np.arange(case.time.size), case.copies))
    assert_close(kaplan_meier(case.data("entry", "copies")), kaplan_meier(copied.data("entry")))
    weighted = logrank(case.data("entry", "copies"), case.group)
    rows = logrank(copied.data("entry"), copied.group)
    np.testing.assert_allclose(weighted.statistic, rows.statistic, rtol=1e-12)
    np.testing.assert_allclose(weighted.expected, rows.expected, rtol=1e-12)


@FEW
@given(cases())
def test_copies_share_a_cluster_in_the_robust_error(case: Case) -> None:
    row = np.arange(case.time.size)
    again = np.repeat(row, case.copies)
    weighted = aalen_johansen(SurvivalData(case.time, case.event, weight=case.copies))
    copied = aalen_johansen(SurvivalData(case.time[again], case.event[again], cluster=again))
    np.testing.assert_allclose(weighted.incidence, copied.incidence, rtol=1e-12)
    np.testing.assert_allclose(weighted.std_error, copied.std_error, rtol=1e-9, atol=1e-9)


@FEW
@given(cases(), st.floats(0.1, 0.9))
def test_cutting_a_row_changes_nothing(case: Case, share: float) -> None:
    subject = np.arange(case.time.size)
    cut = case.entry[0] + share * (case.time[0] - case.entry[0])
    whole = SurvivalData(case.time, case.event, entry=case.entry, cluster=subject)
    pieces = SurvivalData(
        np.append(case.time, cut),
        np.append(case.event, 0),
        entry=np.append(np.where(subject == 0, cut, case.entry), case.entry[0]),
        cluster=np.append(subject, 0),
    )
    for one, other in (
        (kaplan_meier(whole, cluster_robust=True), kaplan_meier(pieces)),
        (aalen_johansen(whole), aalen_johansen(pieces)),
    ):
        ours, theirs = one.at(case.time), other.at(case.time)
        np.testing.assert_allclose(ours.at_risk, theirs.at_risk)
        np.testing.assert_allclose(ours.std_error**2, theirs.std_error**2, rtol=1e-9, atol=1e-14)
        for name in ("survival", "incidence"):
            if hasattr(ours, name):
                np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-12)


@FEW
@given(cases())
def test_survival_and_incidences_add_up(case: Case) -> None:
    data = case.data("entry")
    every = kaplan_meier(SurvivalData(case.time, np.minimum(case.event, 1), entry=case.entry))
    total = every.survival + aalen_johansen(data, 1).incidence + aalen_johansen(data, 2).incidence
    np.testing.assert_allclose(total, 1.0, rtol=0, atol=1e-13)


@FEW
@given(cases())
def test_survival_times_follow_up_is_the_share_still_there(case: Case) -> None:
    every = kaplan_meier(SurvivalData(case.time, np.minimum(case.event, 1)))
    follow_up = reverse_kaplan_meier(case.data())
    there = np.array([(case.time > t).mean() for t in every.times])
    np.testing.assert_allclose(every.survival * follow_up.survival, there, rtol=0, atol=1e-13)


@FEW
@given(cases(), st.lists(st.integers(0, 12), min_size=1, unique=True).map(sorted))
def test_the_four_numbers_of_a_tick_are_all_rows(case: Case, ticks: list[int]) -> None:
    table = risk_table(case.data(), ticks)
    total = table.at_risk + table.events + table.censored + table.competing
    assert total.tolist() == [case.time.size] * len(ticks)


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(case=cases())
def test_limits_contain_the_estimate(kind: Confidence, case: Case) -> None:
    data = case.data("entry", "cluster")
    curve = kaplan_meier(data, confidence=kind)
    incidence = aalen_johansen(data, confidence=kind)
    assert (np.diff(curve.survival, prepend=1.0) <= 0.0).all()
    assert (np.diff(incidence.incidence, prepend=0.0) >= 0.0).all()
    for values, result in ((curve.survival, curve), (incidence.incidence, incidence)):
        known = ~np.isnan(result.lower)
        assert np.array_equal(known, ~np.isnan(result.upper))
        assert (result.lower >= 0.0)[known].all()
        assert (result.upper <= 1.0)[known].all()
        assert (result.lower <= values)[known].all()
        assert (values <= result.upper)[known].all()


@FEW
@given(cases())
def test_tests_do_not_depend_on_the_order_of_labels(case: Case) -> None:
    data = case.data("entry")
    one, other = logrank(data, case.group), logrank(data, -case.group)
    np.testing.assert_allclose(one.statistic, other.statistic, rtol=1e-8, atol=1e-12)
    assert one.df == other.df
    assert one.groups == tuple(-label for label in reversed(other.groups))  # type: ignore[operator]  # labels are int here
