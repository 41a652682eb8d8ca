"""Other treatments in the numbers of their publications, and why they do not compare."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from importlib.resources.abc import Traversable

from kyphort.published.toml_fields import Fields, read_table

COMPARATORS_FILE = "comparators.toml"
UNITS = {"%": 100.0, "NRS": 10.0}
"""Units of a comparator and the largest value each allows."""


class Treatment(StrEnum):
    """The treatment to which a number belongs."""

    EBRT = "ebrt"
    SBRT = "sbrt"
    KYPHOPLASTY_RFA = "kyphoplasty_rfa"
    KYPHO_IORT = "kypho_iort"


class ComparatorEndpoint(StrEnum):
    """What was counted or measured."""

    LOCAL_CONTROL = "local_control"
    LOCAL_PROGRESSION = "local_progression"
    VERTEBRAL_FRACTURE = "vertebral_fracture"
    PAIN_RESPONSE = "pain_response"
    PAIN_COMPLETE_RESPONSE = "pain_complete_response"
    PAIN_SCORE = "pain_score"
    PAIN_FLARE = "pain_flare"


class Spread(StrEnum):
    """What the lower and upper numbers are: bounds have no estimate between them."""

    NONE = "none"
    RANGE = "range"
    CONFIDENCE = "confidence"
    BOUND = "bound"


@dataclass(frozen=True, slots=True)
class Comparator:
    """One number of another treatment, with its definition and its source.

    `estimate`, `low` and `high` are in `unit`, "%" or "NRS" points, as printed; None where the
    source prints none. `months` is the time point as a number, None where it is not one.
    `verified` says that the number was read in the publication or its abstract, `secondhand` that
    the publication quotes it from others, `seen` where it was read. `not_comparable` says why it
    cannot be set one to one against local control per vertebra.
    """

    id: str
    treatment: Treatment
    label: str
    endpoint: ComparatorEndpoint
    definition: str
    estimate: float | None
    low: float | None
    high: float | None
    spread: Spread
    unit: str
    time_point: str
    months: float | None
    population: str
    n_patients: int | None
    n_units: int | None
    n_events: int | None
    unit_of_analysis: str
    citation: str
    doi: str
    verified: bool
    secondhand: bool
    seen: str
    not_comparable: str


def comparators() -> tuple[Comparator, ...]:
    """Return the comparators that kyphort carries, in the order of their file.

    Examples
    --------
    >>> ebrt = comparators()[0]
    >>> str(ebrt.treatment), ebrt.estimate, ebrt.low, ebrt.high, ebrt.doi
    ('ebrt', 77.0, 61.0, 89.0, '10.1186/s12885-019-5666-5')
    """
    package = resources.files(__package__)
    return read_comparators(package / COMPARATORS_FILE)


def read_comparators(file: Traversable) -> tuple[Comparator, ...]:
    """Read and check a file of comparators, such as one with a centre's own additions.

    Raises
    ------
    InvalidDataError
        When an entry is incomplete, repeated, unknown or contradicts itself; the message names the
        file and the entry.
    """
    head = Fields(read_table(file), file.name).allow("comparator")
    found = tuple(
        _comparator(Fields(table, f"{file.name}, comparator {table.get('id', position)!r}"))
        for position, table in enumerate(head.tables("comparator"), start=1)
    )
    repeated = [one for one, count in Counter(each.id for each in found).items() if count > 1]
    if repeated:
        raise head.error(
            f"the comparator id '{repeated[0]}' appears more than once", "Rename or remove one."
        )
    return found


def _comparator(fields: Fields) -> Comparator:
    fields.allow(*Comparator.__dataclass_fields__)
    comparator = Comparator(
        id=_filled(fields, "id"),
        treatment=fields.choice("treatment", Treatment),
        label=_filled(fields, "label"),
        endpoint=fields.choice("endpoint", ComparatorEndpoint),
        definition=_filled(fields, "definition"),
        estimate=_optional_number(fields, "estimate"),
        low=_optional_number(fields, "low"),
        high=_optional_number(fields, "high"),
        spread=fields.choice("spread", Spread),
        unit=_filled(fields, "unit"),
        time_point=_filled(fields, "time_point"),
        months=_optional_number(fields, "months"),
        population=_filled(fields, "population"),
        n_patients=_optional_count(fields, "n_patients"),
        n_units=_optional_count(fields, "n_units"),
        n_events=_optional_count(fields, "n_events"),
        unit_of_analysis=_filled(fields, "unit_of_analysis"),
        citation=_filled(fields, "citation"),
        doi=fields.text("doi"),
        verified=fields.required("verified", bool),
        secondhand=fields.required("secondhand", bool),
        seen=_filled(fields, "seen"),
        not_comparable=_filled(fields, "not_comparable"),
    )
    _check_numbers(fields, comparator)
    _check_doi(fields, comparator.doi)
    return comparator


def _filled(fields: Fields, name: str) -> str:
    text = fields.text(name)
    if not text.strip():
        raise fields.error(f"field '{name}' is empty", "Fill it, with 'not stated' if need be.")
    return text


def _optional_number(fields: Fields, name: str) -> float | None:
    return fields.number(name) if fields.has(name) else None


def _optional_count(fields: Fields, name: str) -> int | None:
    if not fields.has(name):
        return None
    count = fields.required(name, int)
    if count < 0:
        raise fields.error(f"field '{name}' is {count}", "Allowed: 0 or more.")
    return count


def _check_numbers(fields: Fields, comparator: Comparator) -> None:
    """Refuse an unknown unit, a value outside it, and numbers that do not fit their spread."""
    if comparator.unit not in UNITS:
        raise fields.error(
            f"field 'unit' is '{comparator.unit}'", f"Allowed: {', '.join(UNITS)}. Correct it."
        )
    largest = UNITS[comparator.unit]
    given = [
        value
        for value in (comparator.low, comparator.estimate, comparator.high)
        if value is not None
    ]
    if not all(0.0 <= value <= largest for value in given) or given != sorted(given):
        raise fields.error(
            f"low, estimate and high are {', '.join(f'{value:g}' for value in given)}",
            f"Allowed: ascending, 0 to {largest:g} {comparator.unit}.",
        )
    if comparator.months is not None and not 0.0 <= comparator.months < float("inf"):
        raise fields.error(f"field 'months' is {comparator.months:g}", "Allowed: 0 or more.")
    limits = (comparator.low is not None) + (comparator.high is not None)
    if not _fits(comparator.spread, comparator.estimate is not None, limits):
        article = "no" if comparator.estimate is None else "an"
        raise fields.error(
            f"spread is '{comparator.spread}' with {article} estimate, {limits} of low and high",
            "Allowed: 'none' with an estimate alone, 'bound' with low or high alone, 'range' with "
            "low and high, 'confidence' with all three.",
        )


def _fits(spread: Spread, has_estimate: bool, limits: int) -> bool:
    match spread:
        case Spread.NONE:
            return has_estimate and limits == 0
        case Spread.BOUND:
            return not has_estimate and limits == 1
        case Spread.RANGE:
            return limits == 2
        case Spread.CONFIDENCE:
            return has_estimate and limits == 2


def _check_doi(fields: Fields, doi: str) -> None:
    if doi and not (doi.startswith("10.") and "/" in doi and " " not in doi):
        raise fields.error(
            f"field 'doi' is '{doi}'",
            "Allowed: a DOI without 'https://doi.org/', or an empty text when there is none.",
        )
