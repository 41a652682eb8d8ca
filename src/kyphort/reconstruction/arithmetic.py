"""Counts, percentages, sums, means and medians that must come from whole numbers.

The idea of GRIM (Brown and Heathers, doi:10.1177/1948550616673876): a mean of whole numbers is a
whole number over n, so that not every decimal can be printed.
"""

import math
from collections.abc import Iterator

from kyphort.published.specification import (
    CrossTable,
    Mean,
    Partition,
    Printed,
    RowUnit,
    Share,
    Specification,
    WholeNumbers,
)
from kyphort.reconstruction.findings import Finding, Verdict


def arithmetic_findings(specification: Specification) -> Iterator[Finding]:
    """Yield a finding for each count, percentage, sum, mean and median of a specification."""
    yield from _population(specification)
    for share in specification.shares:
        yield check_share(share)
    for partition in specification.partitions:
        yield check_partition(partition, specification)
    for table in specification.tables:
        yield from check_table(table, specification)
    for mean in specification.means:
        yield check_mean(mean)
    for numbers in specification.whole_numbers:
        yield check_whole_numbers(numbers)


def counts_that_print(printed: Printed, total: int) -> list[int]:
    """Return the counts k of `total` whose percentage 100 k / total rounds to the print.

    Examples
    --------
    >>> counts_that_print(Printed("33.6"), 143), counts_that_print(Printed("17.5"), 9)
    ([48], [])
    """
    low = max(0, math.floor(printed.low * total / 100) - 1)
    high = min(total, math.ceil(min(printed.high, 100.0) * total / 100) + 1)
    return [count for count in range(low, high + 1) if printed.holds(100 * count / total)]


def check_share(share: Share) -> Finding:
    """Check a percentage against its count, or whether any count gives it."""
    subject = f"{share.id}: {share.printed}% of {share.total}"
    possible = counts_that_print(share.printed, share.total)
    items: tuple[str, ...] = (f"{share.printed}%", f"total {share.total}")
    if share.count is not None:
        items = (f"{share.count} of {share.total}", f"{share.printed}%")
        value = 100 * share.count / share.total
        right = share.printed.holds(value)
        detail = f"{share.count}/{share.total} = {value:.{share.printed.decimals + 2}f}%"
        if not right and possible:
            detail += f"; {share.printed}% would be {_listed(possible)}"
        return _finding(subject, right, items, detail, share.erratum)
    detail = (
        f"{_listed(possible)} of {share.total}"
        if possible
        else f"no whole number of {share.total} gives {share.printed}%; the nearest: "
        f"{_nearest(share)}"
    )
    # A percentage that some count gives may still be a known misprint: its partition says so.
    return _finding(subject, bool(possible), items, detail, "" if possible else share.erratum)


def _nearest(share: Share) -> str:
    below = min(share.total, math.floor(share.printed.value * share.total / 100))
    digits = share.printed.decimals + 1
    near = [one for one in (below, below + 1) if one <= share.total]
    return ", ".join(f"{one} is {100 * one / share.total:.{digits}f}%" for one in near)


def check_partition(partition: Partition, specification: Specification) -> Finding:
    """Check that counts, or percentages by some choice of counts, add up to a whole."""
    named = {one.id: one for one in specification.shares}
    choices = [counts_that_print(named[one].printed, partition.total) for one in partition.shares]
    reachable = {sum(partition.counts)}
    for choice in choices:
        reachable = {total + one for total in reachable for one in choice}
    right = partition.total in reachable
    items = (
        *(f"{named[one].printed}%" for one in partition.shares),
        *map(str, partition.counts),
        f"total {partition.total}",
    )
    totals = _listed(sorted(reachable)) if reachable else "nothing: a percentage has no count"
    detail = f"the parts add up to {totals}; the whole is {partition.total}"
    return _finding(f"{partition.id}: parts of {partition.total}", right, items, detail,
                    partition.erratum)  # fmt: skip


def check_table(table: CrossTable, specification: Specification) -> Iterator[Finding]:
    """Check the columns of a cross-table: their sums, each row, each percentage."""
    people = specification.population
    totals = {"patients": people.patients, "units": people.units}
    if table.endpoint:
        totals["events"] = _events(specification, table.endpoint)
    for column, total in totals.items():
        values = [getattr(row, column) for row in table.rows]
        if any(value is None for value in values) or total < 0 or not values:
            continue
        items = (*map(str, values), f"total {total}")
        detail = f"{' + '.join(map(str, values))} = {sum(values)}"
        yield _finding(f"{table.label}: {column}", sum(values) == total, items, detail)
    for row in table.rows:
        subject = f"{table.label}, {row.label}"
        for column, printed in row.printed_share:
            value = getattr(row, column)
            if value is not None and totals.get(column, 0) > 0:
                share = Share(f"{subject}, {column}", printed, totals[column], value)
                yield check_share(share)
        if table.unit is RowUnit.PATIENT and row.patients is not None and row.units is not None:
            most = row.patients * people.maximum_units_per_patient
            items = (f"{row.patients} patients", f"{row.units} units")
            detail = f"{row.patients} patients have {row.patients} to {most} units"
            yield _finding(subject, row.patients <= row.units <= most, items, detail)


def _events(specification: Specification, endpoint: str) -> int:
    """Return the printed number of all events of an endpoint, −1 when there is none."""
    curves = specification.curves_of(endpoint)
    whole = [one.events_total for one in curves if not one.group and one.events_total is not None]
    return whole[0] if whole else -1


def check_mean(mean: Mean) -> Finding:
    """Check a mean, and a standard deviation, of whole numbers (GRIM and GRIMMER).

    The sum of n · items whole numbers is whole; with the sum, the sum of squares is whole and has
    the sum's parity (Anaya 2016, doi:10.7287/peerj.preprints.2400v1).
    """
    size = mean.n * mean.items
    low = math.ceil(mean.mean.low * size - 1e-9)
    high = math.floor(mean.mean.high * size + 1e-9)
    sums = list(range(low, high + 1))
    subject = f"{mean.id}: mean {mean.mean} of {mean.n}"
    items: tuple[str, ...] = (str(mean.mean), f"n {mean.n}")
    if not sums:
        detail = f"no whole sum over {size} gives {mean.mean}"
        return _finding(subject, False, items, detail, mean.erratum)
    detail = f"the sum is {sums[0]}" + (f" to {sums[-1]}" if len(sums) > 1 else "")
    if mean.sd is None or mean.items != 1 or mean.n < 2:
        return _finding(subject, True, items, detail, mean.erratum)
    items = (*items, f"sd {mean.sd}")
    right = any(_has_squares(total, mean) for total in sums)
    detail += "; the sum of squares " + ("is possible" if right else "is not whole, or odd")
    return _finding(f"{subject}, sd {mean.sd}", right, items, detail, mean.erratum)


def _has_squares(total: int, mean: Mean) -> bool:
    assert mean.sd is not None  # noqa: S101 - asked only with a standard deviation
    low = (mean.n - 1) * mean.sd.low**2 + total**2 / mean.n
    high = (mean.n - 1) * mean.sd.high**2 + total**2 / mean.n
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    return any(one % 2 == total % 2 for one in range(first, min(last, first + 2) + 1))


def check_whole_numbers(numbers: WholeNumbers) -> Finding:
    """Check a median, with its range, of whole numbers: whole, or half of an odd sum."""
    step = 1.0 if numbers.n % 2 else 0.5
    first = math.ceil(numbers.median.low / step - 1e-9)
    last = math.floor(numbers.median.high / step + 1e-9)
    least = -math.inf if numbers.minimum is None else numbers.minimum
    most = math.inf if numbers.maximum is None else numbers.maximum
    possible = [one * step for one in range(first, last + 1) if least <= one * step <= most]
    items = tuple(
        f"{name} {value}"
        for name, value in (
            ("median", numbers.median),
            ("minimum", numbers.minimum),
            ("maximum", numbers.maximum),
        )
        if value is not None
    )
    detail = (
        f"the median is {' or '.join(f'{one:g}' for one in possible)}"
        if possible
        else f"a median of {numbers.n} whole numbers is a multiple of {step:g} within the range"
    )
    right = bool(possible) and least <= most
    return _finding(f"{numbers.id}: {numbers.n} whole numbers", right, items, detail,
                    numbers.erratum)  # fmt: skip


def _population(specification: Specification) -> Iterator[Finding]:
    people = specification.population
    if people.units_per_patient:
        parts = " + ".join(f"{number} x {size}" for size, number in people.units_per_patient)
        items = tuple(f"{number} with {size}" for size, number in people.units_per_patient)
        yield _finding(
            "units in patients", True, (*items, f"{people.units} in all"),
            f"{parts} = {people.units}",
        )  # fmt: skip
    for partition in dict.fromkeys(one.partition for one in specification.groups):
        members = [one for one in specification.groups if one.partition == partition]
        total, added = specification.size(members[0].unit), sum(one.n for one in members)
        rest = f"; {total - added} belong to no group" if added < total else ""
        yield _finding(
            f"groups by {partition}", True, tuple(f"{one.label} {one.n}" for one in members),
            f"{' + '.join(str(one.n) for one in members)} = {added} of {total}{rest}",
        )  # fmt: skip
    yield from _curve_sums(specification)


def _curve_sums(specification: Specification) -> Iterator[Finding]:
    """Check that the events of the groups of a partition add up to those of everybody."""
    for endpoint in specification.endpoints:
        curves = {one.group: one for one in specification.curves_of(endpoint.id)}
        whole = curves.get("")
        if whole is None or whole.events_total is None:
            continue
        for partition in dict.fromkeys(one.partition for one in specification.groups):
            groups = [one for one in specification.groups if one.partition == partition]
            numbers = [curves[one.id].events_total if one.id in curves else None for one in groups]
            known = [one for one in numbers if one is not None]
            if len(known) < len(numbers) or not known:
                continue
            size = specification.size(endpoint.unit)
            rest = size - sum(one.n for one in groups)
            right = 0 <= whole.events_total - sum(known) <= rest
            yield _finding(
                f"{endpoint.label}: events by {partition}", right,
                (*map(str, known), f"total {whole.events_total}"),
                f"{' + '.join(map(str, known))} = {sum(known)} of {whole.events_total}",
            )  # fmt: skip


def _finding(
    subject: str, right: bool, items: tuple[str, ...], detail: str, erratum: str = ""
) -> Finding:
    verdict = Verdict.CONSISTENT if right else Verdict.CONTRADICTORY
    return Finding(subject, verdict, items, detail, is_minimal=not right,
                   erratum="" if right else erratum)  # fmt: skip


def _listed(numbers: list[int]) -> str:
    if len(numbers) <= 6:
        return " or ".join(map(str, numbers))
    return f"{numbers[0]} to {numbers[-1]}"
