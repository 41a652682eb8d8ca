"""The publication holds the 131 items of the reconstruction with equal values and roundings."""

import json
from pathlib import Path
from typing import Any

import pytest

from kyphort.published import agrees, load

PRINT = load("bludau2020")
CONSTRAINTS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("constraints_bludau2020.json").read_text(encoding="utf-8")
)
NUMERIC = [item for item in CONSTRAINTS if isinstance(item["lo"], int | float)]
# A completed year is a whole number: rounding cannot widen it.
WHOLE_YEARS = ("age_min", "age_max")


def test_there_are_131_items() -> None:
    assert len({item["id"] for item in CONSTRAINTS}) == 131


@pytest.mark.parametrize("item", CONSTRAINTS, ids=lambda item: item["id"])
def test_values_are_equal(item: dict[str, Any]) -> None:
    value = PRINT.number(item["id"]).value
    assert (list(value) if isinstance(value, tuple) else value) == item["value"]


@pytest.mark.parametrize("item", NUMERIC, ids=lambda item: item["id"])
def test_both_ends_of_the_rounding_interval_agree(item: dict[str, Any]) -> None:
    number = PRINT.number(item["id"])
    assert agrees(number, item["lo"])
    assert agrees(number, item["hi"])


@pytest.mark.parametrize(
    "item", [one for one in NUMERIC if one["id"] not in WHOLE_YEARS], ids=lambda item: item["id"]
)
def test_nothing_outside_the_rounding_interval_agrees(item: dict[str, Any]) -> None:
    number = PRINT.number(item["id"])
    step = 0.01 * number.half_unit
    assert not agrees(number, item["lo"] - step)
    assert not agrees(number, item["hi"] + step)
