"""A dose summary refuses what no plan can say."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from kyphort.clinical import DoseSummary, Prescription, SpinalLevel
from kyphort.errors import InvalidDataError

_DAY = dt.date(2026, 3, 2)
_SUMMARY = DoseSummary(
    "P017", SpinalLevel.T12, _DAY, Prescription(8, 13), 127.4, "needle", "ab" * 32, _DAY, "0.1.0"
)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"irradiation_time_s": 0.0}, "irradiation_time_s is 0.0"),
        ({"irradiation_time_s": float("nan")}, "irradiation_time_s is nan"),
        ({"lesion_d90_gy": -0.1}, "lesion_d90_gy is -0.1"),
        ({"cord_d003cc_gy": float("inf")}, "cord_d003cc_gy is inf"),
        ({"lesion_v100_percent": 100.5}, "lesion_v100_percent is 100.5"),
        ({"plan_hash": "not a hash"}, "plan_hash is not a hash"),
    ],
)
def test_an_impossible_value_is_named_with_its_vertebra(
    changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidDataError, match=f"P017-T12: {named}"):
        replace(_SUMMARY, **changes)


def test_a_structure_that_was_not_contoured_has_no_dose() -> None:
    assert _SUMMARY.lesion_d90_gy is None
    assert _SUMMARY.cord_d003cc_gy is None
