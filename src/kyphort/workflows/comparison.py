"""Printed beside computed, and whether the print determines what was computed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kyphort.published import (
    DeterminationKind,
    Publication,
    PublishedNumber,
    agrees,
    in_printed_unit,
)
from kyphort.reports.paths import numbers_in, value_at
from kyphort.reports.results import ComparedNumber, Determination, Erratum, Results

OBSERVED = Determination("observed", None, None, None, False, "derived from the rows of the data")


def observed(results: Results) -> dict[str, Determination]:
    """Return that every number was observed, as in any analysis of data that are at hand."""
    return {path: OBSERVED for path, _ in numbers_in(results.as_json())}


def compare(results: Results, publication: Publication) -> Results:
    """Return the results with every printed number beside the computed one.

    Also with the errata of the print, and for every computed number whether the print determines
    it. The numbers of a real cohort are observed, whatever the print says.
    """
    computed = results.as_json()
    return replace(
        results,
        comparison=tuple(
            _compared(number, computed) for number in publication.numbers if number.result
        ),
        errata=tuple(
            Erratum(one.place, one.kind.value, one.statement, one.arithmetic)
            for one in publication.errata
        ),
        determination=(
            {path: _determined(publication, path) for path in _paths(publication, computed)}
            if results.provenance.synthetic
            else observed(results)
        ),
    )


def _compared(number: PublishedNumber, results: Mapping[str, Any]) -> ComparedNumber:
    value = in_printed_unit(number, value_at(results, number.result or ""))
    return ComparedNumber(
        id=number.id,
        text=number.text,
        place=", ".join(number.places),
        unit=number.unit,
        printed=number.printed,
        computed=value,
        agrees=agrees(number, value),
        can_agree=number.can_agree,
        erratum=None if number.erratum is None else number.erratum.statement,
    )


def _paths(publication: Publication, computed: Mapping[str, Any]) -> Iterator[str]:
    """Yield the path of every computed number, and of what is only known as a range."""
    yield from (path for path, _ in numbers_in(computed))
    yield from (one.path for one in publication.ranges if "*" not in one.path)


def _determined(publication: Publication, path: str) -> Determination:
    found = publication.determination_of(path)
    return Determination(
        found.kind.value,
        found.low,
        found.high,
        found.verdict.value,
        found.bounds_proved,
        # Where the print leaves a value open, how its bounds were found says more.
        found.source if found.kind is DeterminationKind.RANGE and found.source else found.why,
        found.seen,
        found.cohorts,
    )
