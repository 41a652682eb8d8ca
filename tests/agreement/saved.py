"""Saved output of R, and the data it was made from."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from kyphort.survival import SurvivalCurve, SurvivalData
from kyphort.survival.arrays import FloatArray

HERE = Path(__file__).parent


@cache
def output(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return found


@cache
def table(name: str) -> dict[str, list[str]]:
    with (HERE / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


def numbers(values: Any) -> FloatArray:
    """Return R's numbers, its NA (null in JSON) as NaN."""
    listed = values if isinstance(values, list) else [values]
    return np.array([np.nan if value is None else value for value in listed], dtype=np.float64)


def survival_data(name: str, **columns: str) -> SurvivalData:
    """Return a table as data; `columns` names the optional ones, cluster="patient" and so on."""
    source = table(name)
    status = source["event" if "event" in source else "status"]
    optional: dict[str, Any] = {}
    for field, column in columns.items():
        values = source[column]
        optional[field] = values if field in ("cluster", "stratum") else numbers_of(values)
    return SurvivalData(numbers_of(source["time"]), numbers_of(status), **optional)


def numbers_of(column: list[str]) -> FloatArray:
    return np.array(column, dtype=np.float64)


def assert_same_curve(curve: SurvivalCurve, saved: dict[str, Any], atol: float = 1e-12) -> None:
    """Compare every number of a curve, but for R's NaN where the curve is 0 or 1."""
    inside = (curve.survival > 0.0) & (curve.survival < 1.0)
    np.testing.assert_array_equal(curve.times, numbers(saved["time"]))
    np.testing.assert_allclose(curve.at_risk, numbers(saved["at_risk"]), rtol=0, atol=atol)
    np.testing.assert_allclose(curve.survival, numbers(saved["survival"]), rtol=0, atol=atol)
    for field in ("std_error", "lower", "upper"):
        ours, theirs = getattr(curve, field)[inside], numbers(saved[field])[inside]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol, err_msg=field)
