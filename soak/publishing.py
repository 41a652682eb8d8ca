"""Hidden cohorts and their publication: random numbers of patients, printed as a paper prints them.

A publication is made from individual rows, so that it is known to be consistent: whatever is said
against it is a fault of the checker.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kyphort.errors import MonotoneLikelihoodError
from kyphort.published.specification import DAYS_IN
from kyphort.survival import SurvivalData, cox, kaplan_meier, logrank

Transform = Literal["log-log", "log", "plain"]

Floats = NDArray[np.float64]
TRANSFORMS: tuple[Transform, ...] = ("log-log", "log", "plain")
GROUPS = ("a", "b", "c")
SEXES = ("female", "male")
ENTITIES = ("Breast cancer", "Lung cancer", "Others")


@dataclass(frozen=True, slots=True)
class Style:
    """How a publication prints: its units, digits, landmarks, and what it leaves out."""

    time_unit: str
    days_on_grid: int
    arms: int
    landmarks: tuple[float, ...]
    decimals: int
    is_fraction: bool
    shows_failure: bool
    limits: Transform
    prints: frozenset[str]
    risk_beyond: bool
    p_decimals: int
    is_of_units: bool = False
    is_censored_by_death: bool = False
    maximum_units: int = 1


@dataclass(frozen=True, slots=True)
class Hidden:
    """A hidden cohort: one row for each patient, and one for each unit (patient, day, event)."""

    style: Style
    days: NDArray[np.int64]
    died: NDArray[np.bool_]
    group: NDArray[np.str_]
    sex: NDArray[np.str_]
    entity: NDArray[np.str_]
    age: NDArray[np.int64]
    unit_patient: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    unit_days: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    unit_event: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    unit_group: NDArray[np.str_] = field(default_factory=lambda: np.empty(0, dtype=np.str_))


OPTIONAL = (
    *("at_risk", "events", "events_total", "limits", "median", "logrank", "hazard", "pooled"),
    *("event_times", "follow_up", "tables", "shares", "mean", "ages", "units_per_patient", "os"),
)


def style_of(rng: np.random.Generator) -> Style:
    """Return a random style."""
    time_unit = str(rng.choice(["days", "weeks", "months", "months", "years"]))
    per_landmark = {"days": 90, "weeks": 12, "months": 6, "years": 0.5}[time_unit]
    number = int(rng.integers(1, 6))
    steps = np.sort(rng.choice(np.arange(1, 9), number, replace=False))
    of_units = bool(rng.random() < 0.4)
    return Style(
        time_unit=time_unit,
        days_on_grid=int(rng.choice([1, 1, 1, 7, 30])),
        arms=int(rng.choice([1, 1, 2, 2, 3])),
        landmarks=tuple(float(one) for one in steps * per_landmark),
        decimals=int(rng.choice([0, 1, 1, 2])),
        is_fraction=bool(rng.random() < 0.3),
        shows_failure=bool(rng.random() < 0.2),
        limits=TRANSFORMS[int(rng.integers(3))],
        prints=frozenset(one for one in OPTIONAL if rng.random() < 0.45),
        risk_beyond=bool(rng.random() < 0.2),
        p_decimals=int(rng.integers(2, 5)),
        is_of_units=of_units,
        is_censored_by_death=of_units and bool(rng.random() < 0.6),
        maximum_units=int(rng.integers(2, 5)),
    )


def hidden_cohort(rng: np.random.Generator, style: Style, largest: int) -> Hidden:
    """Return a random cohort; its times lie on a grid of days, with ties when that is coarse."""
    n = int(rng.integers(max(4, 2 * style.arms), largest + 1))
    scale = float(rng.uniform(150, 900))
    groups = np.array(GROUPS[: style.arms])
    group = np.concatenate([groups, rng.choice(groups, n - style.arms)])
    hazard = np.exp(rng.normal(0, 0.5, style.arms))[np.searchsorted(groups, group)]
    event = scale / hazard * rng.weibull(float(rng.uniform(0.6, 1.8)), n)
    event[rng.random(n) < rng.choice([0.0, 0.3, 0.8])] = np.inf
    censoring = rng.uniform(0.1 * scale, 3 * scale, n)
    days = _on_grid(np.minimum(event, censoring), style.days_on_grid)
    cohort = Hidden(
        style, days, event <= censoring, group,
        rng.choice(np.array(SEXES), n), rng.choice(np.array(ENTITIES), n),
        rng.integers(30, 90, n),
    )  # fmt: skip
    return _with_units(rng, cohort, groups) if style.is_of_units else cohort


def _on_grid(days: Floats, step: int) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.maximum(1, step * np.ceil(days / step)).astype(np.int64)
    return found


def _with_units(rng: np.random.Generator, cohort: Hidden, groups: NDArray[np.str_]) -> Hidden:
    """Add units: at most one event in each patient, observed until the patient's exit or less."""
    style, n = cohort.style, len(cohort.days)
    sizes = rng.integers(1, style.maximum_units + 1, n)
    patient = np.repeat(np.arange(n), sizes)
    stay = cohort.days[patient]
    if not style.is_censored_by_death:
        stay = _on_grid(stay * rng.uniform(0.3, 1.0, len(stay)), style.days_on_grid)
    event_time = _on_grid(rng.exponential(1500.0, len(patient)), style.days_on_grid)
    is_event = event_time < stay if style.is_censored_by_death else event_time <= stay
    if style.is_censored_by_death:
        seen: set[int] = set()
        for index in np.flatnonzero(is_event):
            is_event[index] = int(patient[index]) not in seen
            seen.add(int(patient[index]))
    days = np.where(is_event, event_time, stay)
    of_unit = np.concatenate([groups, rng.choice(groups, len(patient) - len(groups))])
    return replace(
        cohort, unit_patient=patient, unit_days=days, unit_event=is_event, unit_group=of_unit
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of the endpoint that is published with its arms: times in the printed unit."""

    data: SurvivalData
    group: NDArray[np.str_]

    def of(self, group: str) -> SurvivalData:
        """Return the rows of a group, of everybody without one."""
        mine = np.ones(len(self.group), dtype=bool) if not group else self.group == group
        return SurvivalData(self.data.time[mine], self.data.event[mine])


def rows_of(cohort: Hidden) -> Rows:
    """Return the rows of the main endpoint: units when there are some, else patients."""
    days_in = DAYS_IN[cohort.style.time_unit]
    if cohort.style.is_of_units:
        data = SurvivalData(cohort.unit_days / days_in, cohort.unit_event.astype(int))
        return Rows(data, cohort.unit_group)
    return Rows(SurvivalData(cohort.days / days_in, cohort.died.astype(int)), cohort.group)


def survival_rows(cohort: Hidden) -> SurvivalData:
    """Return the rows of the patients' survival."""
    return SurvivalData(cohort.days / DAYS_IN[cohort.style.time_unit], cohort.died.astype(int))


# --- the print ------------------------------------------------------------------------------------


def publication(cohort: Hidden) -> str:
    """Return the specification of a cohort's publication."""
    style, rows = cohort.style, rows_of(cohort)
    blocks = [_head(cohort), *_groups(cohort, rows), *_endpoints(style)]
    arms = GROUPS[: style.arms] if style.arms > 1 else ()
    for group in (*(("",) if not arms or "pooled" in style.prints else ()), *arms):
        name = f"main_{group}" if group else "main"
        blocks.append(_curve(style, name, "main", group, rows.of(group)))
    if style.is_censored_by_death and "os" in style.prints:
        blocks.append(_curve(style, "OS", "survival", "", survival_rows(cohort)))
    blocks += _tests(style, rows)
    blocks += _summaries(style, rows)
    blocks += _counts(cohort)
    return "\n\n".join(blocks) + "\n"


def _head(cohort: Hidden) -> str:
    people = [f"patients = {len(cohort.days)}"]
    if cohort.style.is_of_units:
        people.append(f"units = {len(cohort.unit_days)}")
        sizes = np.bincount(np.bincount(cohort.unit_patient))
        if "units_per_patient" in cohort.style.prints:
            listed = ", ".join(f"{size} = {number}" for size, number in enumerate(sizes) if number)
            people.append(f"units_per_patient = {{ {listed} }}")
        else:
            people.append(f"maximum_units_per_patient = {cohort.style.maximum_units}")
    return "\n".join(
        (
            'schema = "kyphort-specification/1"',
            'id = "hidden"',
            'title = "A hidden cohort"',
            f'time_unit = "{cohort.style.time_unit}"',
            "",
            "[population]",
            *people,
        )
    )


def _groups(cohort: Hidden, rows: Rows) -> list[str]:
    if cohort.style.arms == 1:
        return []
    unit = "unit" if cohort.style.is_of_units else "patient"
    return [
        f'[[group]]\nid = "{name}"\nunit = "{unit}"\nn = {int((rows.group == name).sum())}'
        for name in GROUPS[: cohort.style.arms]
    ]


def _endpoints(style: Style) -> list[str]:
    if not style.is_of_units:
        return ['[[endpoint]]\nid = "main"\nevent = "death"\nis_death = true']
    chained = 'censored_by = "survival"\n' if style.is_censored_by_death else ""
    blocks = [f'[[endpoint]]\nid = "main"\nunit = "unit"\nevent = "recurrence"\n{chained}']
    if style.is_censored_by_death:
        blocks.append('[[endpoint]]\nid = "survival"\nevent = "death"\nis_death = true')
    return blocks


def _curve(style: Style, name: str, endpoint: str, group: str, data: SurvivalData) -> str:
    fitted = kaplan_meier(data, confidence=style.limits, cluster_robust=False)
    points = fitted.at(np.array(style.landmarks))
    values = 1 - points.survival if style.shows_failure else points.survival
    low, high = points.lower, points.upper
    if style.shows_failure:
        low, high = 1 - high, 1 - low
    lines = [f'[[curve]]\nid = "{name}"\nendpoint = "{endpoint}"']
    if group:
        lines.append(f'group = "{group}"')
    lines.append(f"times = {list(style.landmarks)}")
    lines.append(f"{'failure' if style.shows_failure else 'survival'} = {_printed(style, values)}")
    if style.is_fraction:
        lines.append('unit = "fraction"')
    if "events_total" in style.prints:
        lines.append(f"events_total = {int(data.event.sum())}")
    if "at_risk" in style.prints:
        risk = [_at_risk(style, data, time) for time in style.landmarks]
        lines.append(f"at_risk = {risk}")
        if style.risk_beyond:
            lines.append('risk_convention = "beyond"')
    if "events" in style.prints:
        so_far = [int(((data.time <= t + 1e-9) & (data.event == 1)).sum()) for t in style.landmarks]
        lines.append(f"events = {so_far}")
    if "limits" in style.prints:
        # Where survival is 1 or the curve has ended there is nothing to print.
        shown = np.isfinite(values) & (points.survival < 1) & (points.survival > 0)
        lines.append(f"lower = {_printed(style, np.where(shown, low, np.nan))}")
        lines.append(f"upper = {_printed(style, np.where(shown, high, np.nan))}")
        lines.append(f'limits = "{style.limits}"')
    median = float(fitted.quantile(0.5).estimate)
    if "median" in style.prints and math.isfinite(median):
        lines.append(f'median = "{_time(style, median)}"')
    return "\n".join(lines)


def _at_risk(style: Style, data: SurvivalData, time: float) -> int:
    edge = time + 1e-9 if style.risk_beyond else time - 1e-9
    return int((data.time >= edge).sum())


def _printed(style: Style, values: Floats) -> str:
    scale, decimals = (1.0, style.decimals + 2) if style.is_fraction else (100.0, style.decimals)
    texts = [
        '""' if math.isnan(value) else f'"{scale * max(0.0, value):.{decimals}f}"'
        for value in values.tolist()
    ]
    return f"[{', '.join(texts)}]"


def _time(style: Style, time: float) -> str:
    return f"{time:.{ {'days': 0, 'weeks': 1, 'months': 1, 'years': 2}[style.time_unit] }f}"


def p_text(p: float, decimals: int) -> str:
    """Return a p-value as print: "<0.01" when it would be 0.00."""
    text = f"{p:.{decimals}f}"
    return f"<{10.0**-decimals:.{decimals}f}" if float(text) == 0 else text


def _tests(style: Style, rows: Rows) -> list[str]:
    if style.arms == 1 or rows.data.event.sum() < 2:
        return []
    blocks = []
    names = GROUPS[: style.arms]
    if "logrank" in style.prints:
        p = float(logrank(rows.data, rows.group, cluster_robust=False).p_value)
        listed = ", ".join(f'"{one}"' for one in names)
        if math.isfinite(p):
            blocks.append(
                f'[[logrank]]\nid = "test"\nendpoint = "main"\ngroups = [{listed}]\n'
                f'p = "{p_text(p, style.p_decimals)}"'
            )
    if "hazard" in style.prints:
        mine = np.isin(rows.group, names[:2])
        data = SurvivalData(rows.data.time[mine], rows.data.event[mine])
        first = rows.group[mine] == names[0]
        events = [int(data.event[first == side].sum()) for side in (True, False)]
        if min(events) > 0:
            try:
                model = cox(data, first.astype(float)[:, None], cluster_robust=False)
            except MonotoneLikelihoodError:
                return blocks
            beta, error = float(model.coefficients[0]), math.sqrt(float(model.covariance[0, 0]))
            low, high = (math.exp(beta + side * 1.959963984540054 * error) for side in (-1, 1))
            if abs(beta) < 5:
                blocks.append(
                    f'[[hazard_ratio]]\nid = "ratio"\nendpoint = "main"\ngroup = "{names[0]}"\n'
                    f'reference = "{names[1]}"\nvalue = "{math.exp(beta):.2f}"\n'
                    f'lower = "{low:.2f}"\nupper = "{high:.2f}"'
                )
    return blocks


def _summaries(style: Style, rows: Rows) -> list[str]:
    blocks = []
    for of, times in (
        ("events", rows.data.time[rows.data.event == 1]),
        ("follow_up", rows.data.time),
    ):
        name = "event_times" if of == "events" else "follow_up"
        # With patients and units, follow-up is that of the patients and is printed with them.
        if name in style.prints and len(times) and not (of == "follow_up" and style.is_of_units):
            low, middle, high = (
                _time(style, float(one)) for one in (times.min(), np.median(times), times.max())
            )
            blocks.append(
                f'[[time_summary]]\nid = "{name}"\nendpoint = "main"\nof = "{of}"\n'
                f'median = "{middle}"\nminimum = "{low}"\nmaximum = "{high}"'
            )
    return blocks


def _counts(cohort: Hidden) -> list[str]:
    style, n, blocks = cohort.style, len(cohort.days), []
    if "tables" in style.prints:
        for name, column in (("sex", cohort.sex), ("entity", cohort.entity)):
            blocks.append(_table(cohort, name, column))
    if "shares" in style.prints:
        counts = [int((cohort.entity == one).sum()) for one in ENTITIES]
        for index, number in enumerate(counts):
            printed = f"{100 * number / n:.{style.decimals}f}"
            with_count = f"\ncount = {number}" if index else ""
            blocks.append(
                f'[[share]]\nid = "s{index}"\nprinted = "{printed}"\ntotal = {n}{with_count}'
            )
        blocks.append(f'[[partition]]\nid = "whole"\nshares = ["s0", "s1", "s2"]\ntotal = {n}\n')
    if "mean" in style.prints and n > 1:
        scores = cohort.age % 11
        blocks.append(
            f'[[mean]]\nid = "pain"\nmean = "{scores.mean():.2f}"\nn = {n}\n'
            f'sd = "{scores.std(ddof=1):.2f}"'
        )
    if "ages" in style.prints:
        blocks.append(
            f'[[whole_numbers]]\nid = "age"\nn = {n}\nmedian = "{np.median(cohort.age):.1f}"\n'
            f'minimum = {cohort.age.min()}\nmaximum = {cohort.age.max()}\ncolumn = "age_years"'
        )
    return blocks


def _table(cohort: Hidden, name: str, column: NDArray[np.str_]) -> str:
    n, rows = len(cohort.days), []
    for label in np.unique(column).tolist():
        mine = column == label
        number = int(mine.sum())
        parts = [f'label = "{label}"', f"patients = {number}"]
        parts.append(f'patients_percent = "{100 * number / n:.1f}"')
        if cohort.style.is_of_units:
            of_units = mine[cohort.unit_patient]
            parts.append(f"units = {int(of_units.sum())}")
            parts.append(f"events = {int(cohort.unit_event[of_units].sum())}")
        else:
            parts.append(f"events = {int(cohort.died[mine].sum())}")
        rows.append(f"    {{ {', '.join(parts)} }},")
    return "\n".join(
        (f'[[table]]\nid = "{name}"\nlabel = "{name}"\ncolumn = "{name}"\nendpoint = "main"',
         "row = [", *rows, "]")
    )  # fmt: skip
