"""What the print of Bludau et al. (2020) leaves open: the engine's bounds as TOML.

Each statistic of the engine belongs to one or several paths of the results. A proved interval goes
into proved_ranges.toml, with the range over the ensemble beside it; what was only seen goes into
ranges.toml.
"""

import math
from collections.abc import Callable, Iterator

from kyphort.published.specification import Specification
from kyphort.reconstruction import Bound, Limits, RebuiltCohort, bounds

LANDMARKS = (6, 12, 24, 36, 48, 60)
CURVES = {"LC_C": "all", "LC_T": "thoracic", "LC_L": "lumbar"}
PRECISION = ("std_error", "lower", "upper")
DECIMALS = 6
SECONDS = 3600.0
VERDICTS = {"determined": "determined", "partly": "partly", "not determined": "undetermined"}

PROVED_HEAD = """\
#
# kind proved: no cohort that returns every printed number lies outside low to high, which are
# rounded outwards. seen: over the verified cohorts of the ensemble, beyond which true values may
# lie. Fractions, months and counts, as in the results; censored at last contact or death.
"""
SEEN_HEAD = """\
#
# kind range: low to high were seen over the verified cohorts of the ensemble; the true extremes may
# lie further out. Fractions, months and counts, as in the results; censored at last contact or
# death.
"""

Tell = Callable[[str], None]


def range_texts(
    specification: Specification,
    head: str,
    *,
    cohorts: int,
    seed: int,
    accept: Callable[[RebuiltCohort], bool],
    tell: Tell,
) -> dict[str, str]:
    """Return the texts of the two files of ranges."""
    places = dict(places_of_statistics())
    limits = Limits(SECONDS, seed=1, tell=tell)
    found = bounds(specification, list(places), limits, cohorts=cohorts, seed=seed, accept=accept)
    proved, seen = [head + PROVED_HEAD], [head + SEEN_HEAD]
    for one in found:
        for path in places[one.statistic]:
            if one.proved is not None:
                proved.append(entry(path, one))
            elif one.seen is not None:
                seen.append(entry(path, one))
    return {"proved_ranges.toml": "\n".join(proved), "ranges.toml": "\n".join(seen)}


def places_of_statistics() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each statistic of the engine with the paths of the results where it stands."""
    for curve, name in CURVES.items():
        for month in LANDMARKS:
            for what in PRECISION:
                yield f"{what}:{curve}:{month}", (f"local_control.{name}.{month}.{what}",)
            yield f"at_risk:{curve}:{month}", tuple(_at_risk_of_vertebrae(name, month))
    for month in LANDMARKS:
        for what in (*PRECISION, "at_risk"):
            yield f"{what}:OS:{month}", (f"overall_survival.{month}.{what}",)
        yield f"incidence:LC_C:{month}", (f"recurrence_cumulative_incidence.{month}.estimate",)
        yield f"competing:LC_C:{month}", (f"death_cumulative_incidence.{month}.estimate",)
    for month in (24, 60):
        for curve, name in (("LC_C", "local_control"), ("OS", "overall_survival")):
            path = f"restricted_mean_months.{name}_{month}.estimate"
            yield f"restricted_mean:{curve}:{month}", (path,)
    yield "median:OS", ("median_survival_months.estimate",)
    yield "follow_up:OS", ("follow_up_months.reverse_km_median",)
    yield "survival:LC_C:73", ("local_control.all.73.estimate",)
    for what, name in (("hazard_ratio", "estimate"), ("hazard_lower", "lower"),
                       ("hazard_upper", "upper")):  # fmt: skip
        yield f"{what}:thoracic:lumbar", (f"hazard_ratio_thoracic_lumbar.{name}",)
    for group, other in (("thoracic", "lumbar"), ("lumbar", "thoracic")):
        yield (
            f"expected:{group}:{other}",
            (
                f"logrank_thoracic_lumbar.expected.{group}",
                f"comparisons.thoracic_lumbar.logrank.expected.{group}",
            ),
        )
    yield "p_by:distance", ("comparisons.distance.logrank.p_value",)


def _at_risk_of_vertebrae(name: str, month: int) -> Iterator[str]:
    for curve in ("local_control", "local_control_cluster_robust"):
        yield f"{curve}.{name}.{month}.at_risk"
    if name == "all":
        for curve in ("recurrence_cumulative_incidence", "death_cumulative_incidence"):
            yield f"{curve}.{month}.at_risk"


def entry(path: str, one: Bound) -> str:
    """Return the TOML of one range."""
    low, high = outwards(one.proved or one.seen or (0.0, 0.0))
    drawn = f"{one.cohorts} verified cohorts"
    lines = [
        "[[range]]",
        f'path = "{path}"',
        f"low = {number(low)}",
        f"high = {number(high)}",
        f'kind = "{"range" if one.proved is None else "proved"}"',
        f'verdict = "{VERDICTS[one.verdict]}"',
        f'source = "kyphort paper bounds, {one.statistic}: {one.how if one.proved else drawn}"',
    ]
    if one.seen is not None:
        ends = outwards(one.seen)
        lines += [f"seen = [{number(ends[0])}, {number(ends[1])}]", f"cohorts = {one.cohorts}"]
    return "\n".join(lines) + "\n"


def outwards(ends: tuple[float, float]) -> tuple[float, float]:
    """Round the ends of a range away from each other; equal ones stay equal."""
    scale = 10**DECIMALS
    low, high = (end * scale for end in ends)
    # The last bits of a computer's numbers are no width.
    return math.floor(low + 1e-4) / scale, math.ceil(high - 1e-4) / scale


def number(value: float) -> str:
    """Write a number with no more digits than it needs."""
    return repr(round(value, DECIMALS)) if value != int(value) else repr(int(value))
