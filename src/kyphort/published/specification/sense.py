"""What no publication can mean: groups larger than the whole, rising curves, missing partners."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from kyphort.published.specification.printed import Printed
from kyphort.published.specification.values import (
    Curve,
    Endpoint,
    RiskConvention,
    RowUnit,
    Specification,
)
from kyphort.published.toml_fields import Fields


def check_sense(head: Fields, read: Specification) -> Specification:
    """Refuse a specification whose entries cannot belong together, and return it.

    Raises
    ------
    InvalidDataError
        The message names the entry, what it says and what is allowed. A contradiction between
        printed numbers is no error here: that is what `kyphort paper check` finds.
    """
    _check_population(head, read)
    _check_groups(head, read)
    for endpoint in read.endpoints:
        _check_endpoint(head, read, endpoint)
    for curve in read.curves:
        _check_curve(Fields({}, f"{head.entry}, curve '{curve.id}'"), curve)
    for test in read.logranks:
        if len(set(test.groups)) < 2:
            raise _entry(head, f"logrank '{test.id}'").error(
                f"it compares {len(set(test.groups))} group", "Name two groups or more."
            )
        if test.p.low > 1:
            raise _entry(head, f"logrank '{test.id}'").error(f"p is {test.p}", "Allowed: 0 to 1.")
    for ratio in read.hazard_ratios:
        _check_ascending(
            _entry(head, f"hazard_ratio '{ratio.id}'"),
            (("lower", ratio.lower), ("value", ratio.value), ("upper", ratio.upper)),
        )
    for summary in read.time_summaries:
        _check_ascending(
            _entry(head, f"time_summary '{summary.id}'"),
            (
                ("minimum", summary.minimum),
                ("median", summary.median),
                ("maximum", summary.maximum),
            ),
        )
    for known in read.known:
        fields = _entry(head, f"known '{known.id}'")
        if known.group not in [one.id for one in read.groups]:
            raise fields.error(
                f"unknown group '{known.group}'",
                f"Allowed: {', '.join(one.id for one in read.groups)}.",
            )
    return read


def _entry(head: Fields, name: str) -> Fields:
    return Fields({}, f"{head.entry}, {name}")


def _check_ascending(fields: Fields, values: Iterable[tuple[str, Printed | None]]) -> None:
    """Refuse numbers that do not ascend as their names say."""
    given = [(name, printed) for name, printed in values if printed is not None]
    for (below, low), (above, high) in pairwise(given):
        if low.low > high.high:
            raise fields.error(
                f"{below} is {low}, {above} is {high}", "Correct one of them, or exchange them."
            )


def _check_population(head: Fields, read: Specification) -> None:
    fields, people = _entry(head, "population"), read.population
    if people.units < people.patients:
        raise fields.error(
            f"units is {people.units}, patients is {people.patients}",
            "Allowed: at least one unit for each patient.",
        )
    if people.units > people.patients * people.maximum_units_per_patient:
        raise fields.error(
            f"{people.units} units do not fit into {people.patients} patients with at most "
            f"{people.maximum_units_per_patient} each",
            "Correct the counts, or maximum_units_per_patient.",
        )
    if not people.units_per_patient:
        return
    patients = sum(number for _, number in people.units_per_patient)
    units = sum(size * number for size, number in people.units_per_patient)
    if (patients, units) != (people.patients, people.units):
        raise fields.error(
            f"units_per_patient adds up to {patients} patients and {units} units, not "
            f"{people.patients} and {people.units}",
            "Correct one of them.",
        )


def _check_groups(head: Fields, read: Specification) -> None:
    sums: defaultdict[str, int] = defaultdict(int)
    for group in read.groups:
        fields = _entry(head, f"group '{group.id}'")
        sums[group.partition] += group.n
        units = {one.unit for one in read.groups if one.partition == group.partition}
        if len(units) > 1:
            raise fields.error(
                f"partition '{group.partition}' mixes patients and units", "Give both one unit."
            )
        if sums[group.partition] > read.size(group.unit):
            raise fields.error(
                f"partition '{group.partition}' adds up to {sums[group.partition]}, but there are "
                f"{read.size(group.unit)} {group.unit}s",
                "Correct n, or give overlapping groups partitions of their own.",
            )


def _check_endpoint(head: Fields, read: Specification, endpoint: Endpoint) -> None:
    fields = _entry(head, f"endpoint '{endpoint.id}'")
    if endpoint.unit is RowUnit.UNIT and not read.population.is_clustered:
        # One unit in each patient: the two words mean the same rows.
        return
    if not endpoint.censored_by:
        return
    partner = read.endpoint(endpoint.censored_by)
    if partner.unit is not RowUnit.PATIENT or partner.censored_by:
        raise fields.error(
            f"censored_by names '{partner.id}'",
            "Allowed: an endpoint of patients that is not itself censored by another.",
        )


def _check_curve(fields: Fields, curve: Curve) -> None:
    if curve.events_total is not None and curve.events_total > curve.n:
        raise fields.error(
            f"events_total is {curve.events_total}, n is {curve.n}",
            "Allowed: at most as many events as members.",
        )
    _refuse_direction(
        fields, "at_risk", [one for one in curve.at_risk if one is not None], down=True
    )
    _refuse_direction(
        fields, "events", [one for one in curve.events if one is not None], down=False
    )
    values = [one.value for one in curve.survival if one is not None]
    largest = curve.unit_of_print
    if any(not 0 <= one <= largest for one in values):
        raise fields.error(
            f"a survival is {max(values):g}", f"Allowed: 0 to {largest:g} in the unit of the print."
        )
    for time, number in zip(curve.times, curve.at_risk, strict=True):
        counts_all = time == 0 and curve.risk_convention is RiskConvention.AT_LEAST
        if number is not None and counts_all and number != curve.n:
            raise fields.error(
                f"at_risk at time 0 is {number}, n is {curve.n}",
                "At the beginning everybody is at risk. Correct one of them.",
            )
    name = "failure" if curve.shows_failure else "survival"
    _refuse_direction(fields, name, values, down=not curve.shows_failure)
    most = max([one for one in curve.at_risk if one is not None], default=0)
    if most > curve.n:
        raise fields.error(f"at_risk has {most}, n is {curve.n}", "Correct one of them.")
    seen = max([one for one in curve.events if one is not None], default=0)
    if seen > (curve.n if curve.events_total is None else curve.events_total):
        raise fields.error(
            f"events has {seen}, more than the {curve.events_total or curve.n} there can be",
            "Events count from the beginning up to each time. Correct one of them.",
        )


def _refuse_direction(
    fields: Fields, name: str, values: list[float] | list[int], *, down: bool
) -> None:
    for earlier, later in pairwise(values):
        if (later > earlier) if down else (later < earlier):
            raise fields.error(
                f"{name} goes from {earlier:g} to {later:g}",
                f"Allowed: numbers that never {'rise' if down else 'fall'}. Correct one of them.",
            )
