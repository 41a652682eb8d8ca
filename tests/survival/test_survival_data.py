"""Data that are right become read-only arrays; data that are wrong name their rows."""

from typing import Any

import numpy as np
import pytest

from kyphort.errors import InvalidDataError
from kyphort.survival import SurvivalData, kaplan_meier

BAD: list[tuple[dict[str, Any], str]] = [
    ({"time": [1, np.nan, 3]}, "time: a missing or infinite value at row 1 "),
    ({"time": [1, 2, np.inf]}, "time: a missing or infinite value at row 2 "),
    ({"time": [-1, 2, 0]}, "time: a time that is not above zero at rows 0, 2 "),
    ({"time": ["a", 2, 3]}, "time: not all values are numbers"),
    ({"time": [[1, 2, 3]]}, r"time: an array of 2 dimensions, shape \(1, 3\)"),
    ({"time": [], "event": []}, "time: no rows"),
    ({"event": [0, 1]}, "event: 2 values for 3 rows of time; the lengths part at row 2 "),
    (
        {"event": [0, -1, 1]},
        r"event: an unknown event code at row 1 .*first is -1\..*0 for censored",
    ),
    ({"event": [0, 1, 0.5]}, "event: an unknown event code at row 2 "),
    ({"event": [np.nan, 1, 0]}, "event: a missing or infinite value at row 0 "),
    ({"entry": [0, 2, 1]}, "entry: an entry at or after the end of observation at row 1 "),
    ({"entry": [0, -2, 1]}, "entry: an entry before the origin at row 1 "),
    ({"entry": [0.5]}, "entry: 1 values for 3 rows"),
    ({"entry": [0, 2 - 1e-12, 0]}, "entry: differs from time by rounding only at row 1 "),
    ({"weight": [1, 0, -2]}, "weight: a weight that is not above zero at rows 1, 2 "),
    ({"cluster": ["a", None, "b"]}, "cluster: no label at row 1 "),
    ({"cluster": [1.0, float("nan"), 2.0]}, "cluster: no label at row 1 "),
    ({"cluster": ["a"]}, "cluster: 1 values for 3 rows"),
    ({"cluster": [[1], [2], [3]]}, "cluster: a label cannot be used as a key"),
    ({"stratum": np.zeros((3, 2))}, r"stratum: an array of shape \(3, 2\)"),
]


@pytest.mark.parametrize(("columns", "message"), BAD)
def test_wrong_data_name_their_rows(columns: dict[str, Any], message: str) -> None:
    given = {"time": [1, 2, 3], "event": [0, 1, 0], **columns}
    with pytest.raises(InvalidDataError, match=message):
        SurvivalData(given.pop("time"), given.pop("event"), **given)


def test_many_wrong_rows_are_counted() -> None:
    with pytest.raises(InvalidDataError, match=r"rows 0, 1, 2, 3, 4, 5, 6, 7 and 12 more"):
        SurvivalData(np.zeros(20), np.zeros(20))


def test_arrays_are_copies_that_cannot_be_written() -> None:
    time = np.array([1.0, 2.0])
    data = SurvivalData(time, [0, 1], cluster=["x", "y"], entry=[0, 1], weight=[1, 2])
    time[0] = 9.0
    assert data.time.tolist() == [1.0, 2.0]
    for name in ("time", "event", "entry", "cluster", "weight"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(data, name)[0] = 5


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        (["b", "a", "b"], [1, 0, 1]),
        ([10, 9, 10], [1, 0, 1]),
        ([1, "1", 1], [0, 1, 0]),
        ([("p", 2), ("p", 1), ("p", 2)], [1, 0, 1]),
        (np.array(["b", "a", "b"]), [1, 0, 1]),
        ([frozenset("b"), frozenset("a"), frozenset("b")], [1, 0, 1]),
        ([1j, 0j, 1j], [1, 0, 1]),
        ([np.int64(3), 2, np.float64(2.5)], [2, 0, 1]),
    ],
)
def test_labels_of_any_kind(labels: Any, codes: list[int]) -> None:
    data = SurvivalData([1, 2, 3], [0, 1, 0], cluster=labels)
    assert data.cluster is not None
    assert data.cluster.dtype == np.int64
    assert data.cluster.tolist() == codes


def test_split_keeps_the_columns_and_sorts_the_labels() -> None:
    data = SurvivalData(
        [1, 2, 3, 4],
        [0, 1, 0, 2],
        entry=[0, 1, 2, 3],
        cluster=["p", "q", "q", "r"],
        weight=[1, 2, 3, 4],
        unit_of_analysis="vertebra",
    )
    parts = data.split(["z", "a", "z", "a"])
    assert list(parts) == ["a", "z"]
    part = parts["a"]
    assert part.cluster is not None
    assert part.entry is not None
    assert part.weight is not None
    assert (part.time.tolist(), part.event.tolist()) == ([2.0, 4.0], [1, 2])
    assert (part.entry.tolist(), part.weight.tolist()) == ([1.0, 3.0], [2.0, 4.0])
    assert part.cluster.tolist() == [0, 1]
    assert (part.label, part.unit_of_analysis) == ("a", "vertebra")


def test_parts_keep_the_ties_of_the_whole() -> None:
    # Among all rows the mean time makes 5e-8 a tie; in the first group alone it would not.
    data = SurvivalData([1.0, 1.0 + 5e-8, 50.0, 60.0], [1, 1, 1, 0])
    assert kaplan_meier(data.split("aabb")["a"]).times.tolist() == [1.0]


def test_entry_at_zero_is_no_late_entry() -> None:
    data = SurvivalData([1, 2, 3], [1, 0, 1], entry=[0, 0, 0])
    assert kaplan_meier(data).at(0).at_risk == 3
