"""R survival 3.5-3 on data sets that ship in Python wheels: wheels.json."""

from typing import Any

import numpy as np
import pytest

from kyphort.survival import SurvivalData, kaplan_meier, logrank

from .saved import assert_same_curve, output, table

NAMES = ["larynx", "aids", "recur", "kidney"]


def columns(name: str) -> dict[str, list[str]]:
    source = table("wheels")
    rows = [row for row, found in enumerate(source["data"]) if found == name]
    return {column: [values[row] for row in rows] for column, values in source.items()}


def data(source: dict[str, list[str]]) -> SurvivalData:
    time, event, entry = (np.array(source[name], float) for name in ("time", "event", "entry"))
    return SurvivalData(time, event, entry=entry, cluster=source["id"])


@pytest.mark.parametrize("name", NAMES)
def test_curves(name: str) -> None:
    saved: dict[str, Any] = output("wheels")[name]
    rows = data(columns(name))
    assert_same_curve(kaplan_meier(rows, cluster_robust=False), saved["km"])
    assert_same_curve(kaplan_meier(rows, cluster_robust=True), saved["robust"])


@pytest.mark.parametrize("name", NAMES)
def test_tests(name: str) -> None:
    saved: dict[str, Any] = output("wheels")[name]
    source = columns(name)
    robust = logrank(data(source), source["group"], cluster_robust=True)
    assert robust.statistic == pytest.approx(saved["robust_logrank"], rel=1e-9)
    if saved["logrank"] >= 0:  # survdiff refuses late entry
        plain = logrank(data(source), source["group"], cluster_robust=False)
        assert plain.statistic == pytest.approx(saved["logrank"], rel=1e-9)
