"""The short form of the campaign `python -m soak regression`."""

import numpy as np
import pytest
from soak import regression_coverage as campaign


def test_marginal_survival_is_that_of_the_simulated_vertebrae() -> None:
    """The share of 40,000 vertebrae without recurrence, whatever their frailties."""
    for variance in campaign.VARIANCES:
        generator = np.random.default_rng(3)
        frailty = generator.gamma(1 / variance, variance, 40_000) if variance else np.ones(40_000)
        time = generator.exponential(1 / np.maximum(0.02 * frailty, 1e-12))
        shares = [(time > month).mean() for month in campaign.LANDMARKS_MONTHS]
        np.testing.assert_allclose(campaign.marginal_survival(variance), shares, atol=0.01)


def test_a_few_cohorts_are_covered_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "PATIENTS", (60,))
    monkeypatch.setattr(campaign, "VARIANCES", (1.0,))
    (one,) = campaign.measure(60, {60: 3})
    for share in (*one.clustered, *one.curve, *one.model, *one.naive_curve):
        assert 0.8 <= share <= 1.0
    first, second, third = campaign.rows_of(one)
    assert first.startswith("| 60 | 1 | clustered | ")
    assert second.endswith("| – | – | – |")
    assert third.count("%") == 5
    assert "of 60" in campaign.table([one])


def test_what_lies_outside_is_a_fault() -> None:
    shares = np.array([0.95, 0.93])
    curve = np.array([0.95, 0.97, 0.935])
    one = campaign.Coverage(60, 3.0, shares, shares, shares, curve, curve, 0)
    assert [fault.split(":")[0] for fault in one.faults()] == [
        "60 patients, frailty variance 3"
    ] * 2
    assert "entity cover 0.9300" in one.faults()[0]
    assert "survival at 12 months cover 0.9700" in one.faults()[1]
