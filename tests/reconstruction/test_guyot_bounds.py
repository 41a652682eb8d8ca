"""Guyot's algorithm against hidden data; bounds that hold the truth; cohorts side by side."""

from pathlib import Path

import numpy as np
import pytest

from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set.template import example_files
from kyphort.published import dataset_folder
from kyphort.published.specification import find_specification
from kyphort.reconstruction import Limits
from kyphort.reconstruction.bounds import bounds
from kyphort.reconstruction.guyot import guyot
from kyphort.survival import SurvivalData, kaplan_meier
from kyphort.workflows.analyse import analyse

from .papers import hidden, published, read


@pytest.mark.parametrize("seed", range(4))
def test_guyot_follows_the_curve_and_the_risk_table(seed: int) -> None:
    data = hidden(seed, 200, 1.0, 300.0)
    curve = kaplan_meier(data)
    points = [(float(t), float(curve.at(t).survival)) for t in curve.times[curve.events > 0]]
    times = [0, 90, 180, 270]
    at_risk = [int((data.time >= one).sum()) for one in times]
    found = guyot(points, times, at_risk, int(data.event.sum()))
    again = kaplan_meier(SurvivalData(found.time, found.event))
    assert len(found.time) == 200
    assert [int((found.time >= one).sum()) for one in times] == pytest.approx(at_risk, abs=2)
    assert abs(int(found.event.sum()) - int(data.event.sum())) <= 2
    inside = [one for one in points if one[0] < 270]
    assert max(abs(float(again.at(t).survival) - s) for t, s in inside) < 0.015


def test_guyot_refuses_a_table_that_rises() -> None:
    with pytest.raises(InvalidDataError, match="never rise"):
        guyot([(0, 1), (1, 0.9)], [0, 5], [10, 12])
    with pytest.raises(InvalidDataError, match="no point"):
        guyot([], [0], [10])


@pytest.mark.parametrize("seed", range(3))
def test_proved_bounds_hold_the_hidden_truth(seed: int, tmp_path: Path) -> None:
    data = hidden(seed, 80, 1.0, 1500.0)
    # Few events: those of the first months only.
    data = SurvivalData(data.time, np.where(np.cumsum(data.event) <= 6, data.event, 0))
    time = float(data.time[data.event == 1].max()) + 5
    paper = read(published(data, [round(time / 2), round(time)]), tmp_path)
    names = [f"{one}:OS:{round(time)}" for one in ("std_error", "lower", "upper", "at_risk")]
    names.append(f"restricted_mean:OS:{round(time)}")
    found = bounds(paper, names, Limits(60), cohorts=3)
    curve = kaplan_meier(data)
    point = curve.at(round(time))
    truth = [
        float(point.std_error), float(point.lower), float(point.upper),
        float((data.time >= round(time)).sum()), float(curve.restricted_mean(round(time)).value),
    ]  # fmt: skip
    for one, value in zip(found, truth, strict=True):
        assert one.proved is not None
        assert one.proved[0] - 1e-9 <= value <= one.proved[1] + 1e-9
        assert one.seen is not None
        assert one.proved[0] - 1e-9 <= one.seen[0] <= one.seen[1] <= one.proved[1] + 1e-9


def test_the_standard_error_at_24_months_is_determined_and_subgroup_p_is_not() -> None:
    paper = find_specification("bludau2020")
    error, by_distance, reverse = bounds(
        paper, ["std_error:LC_C:24", "p_by:distance", "follow_up:OS"], Limits(100), cohorts=4
    )
    assert error.proved is not None
    # 2.56 to 2.67 points were proved by enumeration, with another programme.
    assert error.proved == pytest.approx((0.0256, 0.0267), abs=0.0002)
    assert (error.verdict, error.verdict_from) == ("determined", "proof")
    assert (by_distance.proved, by_distance.verdict) == (None, "not determined")
    assert reverse.proved is None


def test_an_unknown_statistic_lists_what_there_is() -> None:
    with pytest.raises(InvalidDataError, match=r"'mean:OS:24' is not understood.*Curves: LC_T"):
        bounds(find_specification("bludau2020"), ["mean:OS:24"], Limits(5), cohorts=1)


def test_a_registry_and_a_rebuilt_cohort_stand_side_by_side(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name, text in example_files().items():
        (own / name).write_text(text, encoding="utf-8", newline="")
    done = analyse(own, tmp_path / "out", beside=[dataset_folder("bludau2020")])
    first, second = done.results.sources
    assert (first.against_own, second.synthetic, second.vertebrae) == (None, True, 143)
    assert second.against_own is not None
    assert second.source.endswith("(SYNTHETIC)")
    assert {one.source for one in done.results.source_rows} == {first.source, second.source}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "links between covariates" in page
    assert (tmp_path / "out" / "figures" / "figure5_sources.svg").is_file()
    with pytest.raises(InvalidDataError, match="same name"):
        analyse(own, tmp_path / "o", beside=[dataset_folder("bludau2020")] * 2)
