"""A specification and its findings as lines of text and as JSON."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kyphort.errors import OutputError
from kyphort.published.specification import Curve, Specification
from kyphort.reconstruction import Bound, CheckResult, Finding, Perturbation, Verdict, caught


def shown(specification: Specification) -> Iterator[str]:
    """Yield a specification as kyphort understands it, line by line."""
    people = specification.population
    yield f"{specification.title}"
    yield f"{specification.citation} doi:{specification.doi or 'none'}"
    if specification.note:
        yield specification.note
    yield ""
    yield f"{people.patients} patients, {people.units} x {people.unit_name}" + (
        f" ({', '.join(f'{n} with {size}' for size, n in people.units_per_patient)})"
        if people.units_per_patient
        else ""
    )
    for group in specification.groups:
        yield f"Group {group.id} ({group.partition}): {group.n} x {group.unit}"
    for endpoint in specification.endpoints:
        ends = f", observed until {endpoint.censored_by} ends" if endpoint.censored_by else ""
        yield f"Endpoint {endpoint.id}: {endpoint.event}, per {endpoint.unit}{ends}"
        for curve in specification.curves_of(endpoint.id):
            yield from _curve(specification, curve)
    for test in specification.logranks:
        yield f"Log-rank {test.id}: {' against '.join(test.groups)}, p = {test.p}"
    for ratio in specification.hazard_ratios:
        limits = f" ({ratio.lower} to {ratio.upper})" if ratio.lower and ratio.upper else ""
        yield f"Hazard ratio {ratio.group} / {ratio.reference}: {ratio.value}{limits}"
    for summary in specification.time_summaries:
        yield (
            f"Times of {summary.endpoint} ({summary.of}): median {summary.median}, "
            f"{summary.minimum} to {summary.maximum}"
        )
    for table in specification.tables:
        yield f"Table {table.id} by {table.unit}: {', '.join(row.label for row in table.rows)}"
    others = len(specification.shares) + len(specification.means) + len(specification.whole_numbers)
    yield f"Percentages, means and medians: {others}"


def _curve(specification: Specification, curve: Curve) -> Iterator[str]:
    events = "open" if curve.events_total is None else str(curve.events_total)
    yield f"  Curve {curve.id}: {curve.group or 'everybody'}, n {curve.n}, events {events}"
    for position, time in enumerate(curve.times):
        parts = [
            f"{name} {value}"
            for name, value in (
                ("failure" if curve.shows_failure else "survival", curve.survival[position]),
                ("at risk", curve.at_risk[position]),
                ("events", curve.events[position]),
                ("lower", curve.lower[position]),
                ("upper", curve.upper[position]),
            )
            if value is not None
        ]
        yield f"    {time:g} {specification.time_unit}: {', '.join(parts) or 'nothing'}"
    if curve.coordinates:
        yield f"    {len(curve.coordinates)} digitised points"


def check_lines(result: CheckResult) -> Iterator[str]:
    """Yield what a check found: contradictions first, then what follows, then its strength."""
    for verdict in (Verdict.CONTRADICTORY, Verdict.UNDECIDED, Verdict.CONSISTENT):
        found = [one for one in result.findings if one.verdict is verdict]
        if not found:
            continue
        yield f"{verdict.capitalize()}: {len(found)}"
        for one in found:
            yield from _finding(one)
        yield ""
    if result.proved:
        yield "Proved of every cohort with these numbers:"
        yield from (f"  {one.quantity}: {one.text}" for one in result.proved)
        yield ""
    if result.perturbations:
        yield from _strength(result)
    yield f"{result.seconds:.1f} s" + ("" if result.is_complete else ", ended by the time limit")


def _finding(one: Finding) -> Iterator[str]:
    if one.verdict is not Verdict.CONTRADICTORY:
        yield f"  {one.subject}: {one.detail}"
        return
    known = f" (declared erratum: {one.erratum})" if one.erratum else ""
    yield f"  {one.subject}: {one.detail}{known}"
    minimal = "each of which is needed" if one.is_minimal else "perhaps more than needed"
    yield f"    cannot hold together, {minimal}:"
    yield from (f"      {item}" for item in one.items)


def _strength(result: CheckResult) -> Iterator[str]:
    number, tried = caught(result.perturbations)
    yield (
        f"Strength: {number} of {tried} changes of a last digit by 1 would be proved contradictory."
    )
    missed = [one for one in result.perturbations if one.verdict is not Verdict.CONTRADICTORY]
    yield from _grouped("Would pass unnoticed", missed, Verdict.CONSISTENT)
    yield from _grouped("Not decided", missed, Verdict.UNDECIDED)
    yield ""


def _grouped(title: str, missed: list[Perturbation], verdict: Verdict) -> Iterator[str]:
    here = [one for one in missed if one.verdict is verdict]
    if here:
        listed = Counter(one.item for one in here)
        yield f"  {title}: {', '.join(listed)}"


def write_check(result: CheckResult, path: Path) -> None:
    """Write a check as JSON.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    _write_json(asdict(result), path)


def bound_lines(found: tuple[Bound, ...]) -> Iterator[str]:
    """Yield bounds as a table: what is proved, what was seen, and the verdict."""
    width = max([len(one.statistic) for one in found], default=10)
    yield f"{'statistic':<{width}}  {'proved':<22} {'seen in verified cohorts':<30} verdict"
    for one in found:
        seen = f"{_range(one.seen)} ({one.cohorts} cohorts)" if one.seen else "-"
        yield (
            f"{one.statistic:<{width}}  {_range(one.proved):<22} {seen:<30} {one.verdict} "
            f"(by {one.verdict_from})"
        )
    yield ""
    yield "Proved intervals hold in every cohort with these numbers. Seen ranges are inner ranges:"
    yield "the true extremes may lie further out. Links between columns are invented."
    if any(one.proved and "on one day" in one.how for one in found):
        yield "Proved p-values and expected events hold where no two events fall on one day."


def _range(ends: tuple[float, float] | None) -> str:
    return "-" if ends is None else f"{ends[0]:.4g} to {ends[1]:.4g}"


def write_bounds(found: tuple[Bound, ...], path: Path) -> None:
    """Write bounds as JSON.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    _write_json({"bounds": [asdict(one) for one in found]}, path)


def _write_json(content: dict[str, Any], path: Path) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False)
    try:
        partial = path.with_name(f".{path.name}.part")
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}).") from error
