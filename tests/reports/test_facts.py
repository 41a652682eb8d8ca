"""Sentences state only what is determined."""

from dataclasses import replace
from pathlib import Path

import pytest

from kyphort.reports import sentences
from kyphort.reports.facts import Facts, Undetermined
from kyphort.reports.paths import value_at
from kyphort.reports.results import Determination, Results
from kyphort.workflows.reproduce import reproduce


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return reproduce("bludau2020", tmp_path_factory.mktemp("facts") / "out").results


def known_as(results: Results, path: str, known: Determination) -> Results:
    return replace(results, determination={**(results.determination or {}), path: known})


def a_range(low: float | None, high: float | None, verdict: str) -> Determination:
    return Determination("range", low, high, verdict, False, "for this test")


def test_printed_and_proved_numbers_may_be_stated(results: Results) -> None:
    facts = Facts(results)
    assert facts.percent("local_control.all.24.estimate") == "94.2%"
    assert facts.percent("by_distance_mm.8.upper") == "14.3%"
    assert facts.count("counts.deaths") == 66


@pytest.mark.parametrize(
    "path",
    [
        "follow_up_months.reverse_km_median",
        "median_survival_months.estimate",
        "comparisons.distance.logrank.p_value",
        "by_level.T12.recurrences",
    ],
)
def test_open_numbers_may_not(results: Results, path: str) -> None:
    with pytest.raises(Undetermined):
        Facts(results).months(path)


def test_limits_have_the_digits_that_their_range_agrees_on(results: Results) -> None:
    path = "local_control.all.24"
    lower, upper = f"{path}.lower", f"{path}.upper"
    low, high = (value_at(results.as_json(), one) for one in (lower, upper))
    exact = known_as(
        known_as(results, lower, a_range(low, low, "determined")),
        upper,
        a_range(high, high, "determined"),
    )
    assert Facts(exact).limits(path) == f" (95% CI {100 * low:.1f} to {100 * high:.1f})"
    # Both ends round to the same whole percentage, but not to the same tenth.
    whole = round(100 * low)
    wider = known_as(exact, lower, a_range((whole - 0.4) / 100, (whole + 0.4) / 100, "determined"))
    assert Facts(wider).limits(path) == f" (95% CI {whole} to {100 * high:.0f})"
    too_wide = known_as(exact, lower, a_range(0.80, 0.89, "determined"))
    assert Facts(too_wide).limits(path) == ""
    undetermined = known_as(exact, lower, a_range(low, low, "partly"))
    assert Facts(undetermined).limits(path) == ""


def test_an_open_p_value_is_left_out(results: Results) -> None:
    written = " ".join(sentences.findings(results))
    path = "comparisons.thoracic_lumbar.logrank.p_value"
    without = sentences.findings(known_as(results, path, a_range(None, None, "undetermined")))
    assert "log-rank p = 0.663" in written
    assert "log-rank" not in " ".join(without)


def test_a_sentence_about_open_counts_is_left_out(results: Results) -> None:
    path = "counts.deaths"
    without = sentences.findings(known_as(results, path, a_range(60, 70, "partly")))
    assert len(without) == len(sentences.findings(results)) - 1
    assert not any("patients died; overall" in text for text in without)


def test_without_determinations_everything_is_observed(results: Results) -> None:
    observed = replace(results, determination=None)
    assert "95% CI 89.3 to 98.5" in " ".join(sentences.findings(observed))


def test_no_open_number_stands_in_the_text(results: Results) -> None:
    text = " ".join((*sentences.methods(results), *sentences.findings(results)))
    potential = results.follow_up_months.reverse_km_median
    assert potential is not None
    assert f"{potential:.1f}" not in text
    for word in ("97.1%", "95.9%", "94.2%", "85.5%", "81.8%", "p = 0.663", "74.6%", "25.2%"):
        assert word in text


def test_a_recurrence_is_counted_in_words_of_one(results: Results) -> None:
    assert "There was 1 serious adverse event (painful nerve root irritation)" in " ".join(
        sentences.findings(results)
    )


def test_the_page_is_written_as_utf_8(tmp_path: Path) -> None:
    page = reproduce("bludau2020", tmp_path / "out").folder / "report.html"
    assert "Kaplan–Meier" in page.read_text(encoding="utf-8")
