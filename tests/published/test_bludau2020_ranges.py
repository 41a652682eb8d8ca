"""What the print determines: rules, ranges and their proof, and one cohort that obeys them."""

import csv
import itertools
import math
from collections.abc import Iterator
from statistics import NormalDist

import pytest

from kyphort.published import (
    DeterminationKind,
    PublishedNumber,
    Verdict,
    agrees,
    dataset_folder,
    load,
)

from .enumeration import CURVES as PRINTED_CURVES
from .enumeration import QUANTITIES, PrintedCurve
from .enumeration import bounds as enumerated

FOLDER = dataset_folder("bludau2020").parent
PRINT = load("bludau2020")
Sequence = tuple[tuple[int, ...], list[float], list[float]]
"""Numbers at risk, survival and Greenwood sum at each landmark."""
LANDMARKS = (6, 12, 24, 36, 48, 60)
Z = NormalDist().inv_cdf(0.975)
CURVES = {curve.name: curve for curve in PRINTED_CURVES}


# --- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", [one for one in PRINT.numbers if one.result], ids=lambda number: number.id
)
def test_a_path_is_printed_exactly_when_its_number_is(number: PublishedNumber) -> None:
    found = PRINT.determination_of(number.result or "")
    follows = number.kind in ("derived", "identity") or not number.can_agree
    assert found.kind is (DeterminationKind.PROVED if follows else DeterminationKind.PRINTED)
    assert found.verdict is Verdict.DETERMINED


@pytest.mark.parametrize(
    ("path", "kind", "verdict"),
    [
        ("counts.cervical", "proved", "determined"),
        ("counts.visits", "range", "undetermined"),
        ("local_control.all.24.std_error", "range", "determined"),
        ("local_control.lumbar.60.lower", "proved", "determined"),
        ("local_control.thoracic.60.lower", "range", "partly"),
        ("local_control_cluster_robust.all.24.estimate", "printed", "determined"),
        ("local_control_cluster_robust.lumbar.24.std_error", "range", "undetermined"),
        ("recurrence_cumulative_incidence.24.one_minus_kaplan_meier", "proved", "determined"),
        ("recurrence_cumulative_incidence.24.estimate", "range", "partly"),
        ("overall_survival.36.lower", "range", "partly"),
        ("by_distance_mm.11.upper", "proved", "determined"),
        ("by_region.thoracic.proportion", "proved", "determined"),
        ("by_level.T8.recurrences", "range", "undetermined"),
        ("by_entity.Others (haemangioma).upper", "proved", "determined"),
        ("comparisons.breast_prostate.fisher_p_value", "proved", "determined"),
        ("follow_up_months.reverse_km_median", "range", "undetermined"),
        ("nothing.of.the.kind", "range", "undetermined"),
    ],
)
def test_determinations(path: str, kind: str, verdict: str) -> None:
    found = PRINT.determination_of(path)
    assert (found.kind.value, found.verdict.value) == (kind, verdict)


def test_the_follow_up_of_the_living_is_open_but_bounded() -> None:
    found = PRINT.determination_of("follow_up_months.reverse_km_median")
    assert not found.bounds_proved
    assert found.low is not None
    assert found.high is not None
    # A feasibility study with another programme saw 36 to 75 months; the print says 14.5.
    assert 30 < found.low < found.high < 80


@pytest.mark.parametrize(
    ("path", "low", "high"),
    [
        # Seen over 99 cohorts of a feasibility study with another programme.
        ("hazard_ratio_thoracic_lumbar.estimate", 1.352, 1.363),
        ("recurrence_cumulative_incidence.12.estimate", 0.029, 0.034),
        ("recurrence_cumulative_incidence.24.estimate", 0.037, 0.044),
        ("recurrence_cumulative_incidence.60.estimate", 0.073, 0.091),
        ("restricted_mean_months.local_control_24.estimate", 23.0, 23.2),
        ("restricted_mean_months.local_control_60.estimate", 53.2, 54.3),
        ("comparisons.distance.logrank.p_value", 0.004, 0.89),
    ],
)
def test_what_is_seen_overlaps_with_another_programme(path: str, low: float, high: float) -> None:
    (known,) = [one for one in PRINT.ranges if one.path == path]
    assert known.cohorts == 100
    assert known.seen is not None
    assert known.seen[0] <= high
    assert low <= known.seen[1]
    # What is seen lies within what is proved.
    assert known.low <= known.seen[0] <= known.seen[1] <= known.high


def test_no_range_is_given_twice() -> None:
    paths = [known.path for known in PRINT.ranges]
    assert len(paths) == len(set(paths))


# --- the proof ------------------------------------------------------------------------------------


def test_the_curves_of_the_proof_are_the_printed_ones() -> None:
    for name, prefix in (("all", "LC_C"), ("thoracic", "LC_T"), ("lumbar", "LC_L")):
        for month, survival in zip(LANDMARKS, CURVES[name].survival, strict=True):
            assert agrees(PRINT.number(f"{prefix}_{month}"), 100 * survival)
    assert sum(CURVES["lumbar"].events) == PRINT.number("rec_L").value
    assert sum(CURVES["thoracic"].events) + 1 == PRINT.number("rec_T").value


def test_the_lumbar_curve_has_a_single_sequence() -> None:
    found = enumerated(CURVES["lumbar"])
    assert found.sequence_count == 1
    assert found.at_risk_low.tolist() == found.at_risk_high.tolist() == [35, 26, 9]


@pytest.mark.parametrize("name", ["lumbar", "thoracic", "all"])
def test_the_shipped_ranges_hold_every_sequence_and_little_more(name: str) -> None:
    found = enumerated(CURVES[name])
    for row, quantity in enumerate(QUANTITIES):
        for column, month in enumerate(LANDMARKS):
            known = PRINT.determination_of(f"local_control.{name}.{month}.{quantity}")
            assert known.bounds_proved
            assert known.low is not None
            assert known.high is not None
            exact = float(found.low[row, column]), float(found.high[row, column])
            assert known.low <= exact[0]
            assert exact[1] <= known.high
            # No more than two tenths of a printed digit of a percentage outside.
            assert (known.low, known.high) == pytest.approx(exact, abs=2e-4)


def test_the_combined_curve_needs_23_at_risk_at_its_ninth_event() -> None:
    found = enumerated(CURVES["all"])
    assert found.sequence_count == 6_550_618
    assert found.at_risk_low[-1] == found.at_risk_high[-1] == 23


def brute_force(curve: PrintedCurve) -> Iterator[Sequence]:
    """Every sequence of a small curve, with survival and Greenwood sum at each landmark."""
    numbers = range(curve.vertebrae, 1, -1)
    for at_risk in itertools.combinations(numbers, sum(curve.events)):
        survival, greenwood = [], []
        done = 0
        for events in curve.events:
            done += events
            survival.append(math.prod((n - 1) / n for n in at_risk[:done]))
            greenwood.append(math.fsum(1 / (n * (n - 1)) for n in at_risk[:done]))
        fits = (
            low <= value <= high
            for value, (low, high) in zip(survival, map(curve.limits, range(6)), strict=True)
        )
        if all(fits):
            yield at_risk, survival, greenwood


@pytest.mark.parametrize(
    ("events", "at_risk"),
    [
        ((1, 0, 1, 0, 1, 0), (14, 9, 4)),
        ((1, 1, 0, 2, 0, 1), (18, 17, 9, 8, 3)),
        ((2, 0, 0, 1, 0, 1), (19, 12, 11, 10)),
    ],
)
def test_the_enumeration_finds_what_brute_force_finds(
    events: tuple[int, ...], at_risk: tuple[int, ...]
) -> None:
    done = list(itertools.accumulate(events))
    printed = tuple(round(math.prod((n - 1) / n for n in at_risk[:k]), 3) for k in done)
    curve = PrintedCurve("small", 20, printed, events)
    expected = list(brute_force(curve))
    found = enumerated(curve)
    assert at_risk in [one for one, _, _ in expected]
    assert found.sequence_count == len(expected)
    assert found.at_risk_low.tolist() == [min(column) for column in columns(expected)]
    assert found.at_risk_high.tolist() == [max(column) for column in columns(expected)]
    for column in range(len(LANDMARKS)):
        errors = [s[column] * math.sqrt(g[column]) for _, s, g in expected]
        lowers = [log_log_limit(s[column], g[column], Z) for _, s, g in expected]
        assert found.low[0, column] == pytest.approx(min(errors))
        assert found.high[0, column] == pytest.approx(max(errors))
        assert found.low[1, column] == pytest.approx(min(lowers))


def columns(expected: list[Sequence]) -> Iterator[tuple[int, ...]]:
    return zip(*(at_risk for at_risk, _, _ in expected), strict=True)


def log_log_limit(survival: float, greenwood: float, z: float) -> float:
    hazard = -math.log(survival)
    return math.exp(-hazard * math.exp(z * math.sqrt(greenwood) / hazard))


# --- one cohort that returns the print lies within the proved ranges ------------------------------


def kaplan_meier(rows: list[tuple[int, bool]], month: float) -> tuple[float, float]:
    """Survival and Greenwood sum at `month`, written out plainly."""
    survival, greenwood = 1.0, 0.0
    for time in sorted({time for time, event in rows if event and time <= month * 30.4375}):
        at_risk = sum(other >= time for other, _ in rows)
        events = sum(event and other == time for other, event in rows)
        survival *= 1 - events / at_risk
        greenwood += events / (at_risk * (at_risk - events))
    return survival, greenwood


def vertebrae(segments: str) -> list[tuple[int, bool]]:
    path = FOLDER / "reconstructed" / "cohort_vertebrae.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return [
            (int(row["lc_days"]), row["local_recurrence"] == "1")
            for row in csv.DictReader(file)
            if row["segment"] in segments
        ]


@pytest.mark.parametrize("month", LANDMARKS)
@pytest.mark.parametrize(
    ("name", "segments", "prefix"),
    [("all", "TLS", "LC_C"), ("thoracic", "T", "LC_T"), ("lumbar", "L", "LC_L")],
)
def test_the_reconstructed_cohort_lies_within_the_proved_ranges(
    name: str, segments: str, prefix: str, month: int
) -> None:
    survival, greenwood = kaplan_meier(vertebrae(segments), month)
    assert agrees(PRINT.number(f"{prefix}_{month}"), 100 * survival)
    values = {
        "std_error": survival * math.sqrt(greenwood),
        "lower": log_log_limit(survival, greenwood, Z),
        "upper": log_log_limit(survival, greenwood, -Z),
    }
    for quantity, value in values.items():
        found = PRINT.determination_of(f"local_control.{name}.{month}.{quantity}")
        assert found.bounds_proved
        assert found.low is not None
        assert found.high is not None
        assert found.low <= value <= found.high
