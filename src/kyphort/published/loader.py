"""Finding and loading the publications that kyphort carries."""

from collections import Counter
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from kyphort.errors import InvalidDataError, UnknownPublicationError
from kyphort.published.determination import DeterminationKind, KnownRange, Rule, Verdict
from kyphort.published.numbers import read_erratum, read_number
from kyphort.published.publication import Publication, PublishedNumber
from kyphort.published.toml_fields import Fields, read_table

NUMBERS_FILE = "publication.toml"
RULES_FILE = "determination.toml"
RANGES_FILES = ("proved_ranges.toml", "ranges.toml", "arithmetic_ranges.toml")
"""What the engine proved, what it saw over its cohorts, and what arithmetic of the print says."""


def available() -> tuple[str, ...]:
    """Return the ids of the publications that kyphort carries, in alphabetical order.

    Examples
    --------
    >>> available()
    ('bludau2020',)
    """
    return tuple(
        sorted(
            folder.name
            for folder in resources.files(__package__).iterdir()
            if folder.is_dir() and (folder / NUMBERS_FILE).is_file()
        )
    )


def load(publication_id: str) -> Publication:
    """Load a publication by its id.

    Raises
    ------
    UnknownPublicationError
        When kyphort carries no such publication; the message lists those it carries.

    Examples
    --------
    >>> publication = load("bludau2020")
    >>> publication.doi
    '10.1186/s13014-020-01715-z'
    >>> publication.number("deaths").value
    66
    """
    return read_publication(_folder_of(publication_id))


def dataset_folder(publication_id: str) -> Path:
    """Return the folder of the synthetic data set that belongs to a publication.

    Raises
    ------
    UnknownPublicationError
        When kyphort carries no such publication.
    InvalidDataError
        When the package is not installed as ordinary files, or the publication has no data set.

    Examples
    --------
    >>> sorted(path.name for path in dataset_folder("bludau2020").glob("v*.csv"))
    ['vertebrae.csv', 'visits.csv']
    """
    folder = _folder_of(publication_id) / "dataset"
    if not isinstance(folder, Path) or not folder.is_dir():
        raise InvalidDataError(
            f"Publication {publication_id} has no data set at {folder}. Allowed: a folder of CSV "
            "files in an unpacked installation. Reinstall kyphort from its wheel."
        )
    return folder


def study_file(publication_id: str) -> Path:
    """Return the study file that says how a publication read its data.

    Raises
    ------
    UnknownPublicationError
        When kyphort carries no such publication.
    InvalidDataError
        When the package is not installed as ordinary files, or the publication has no study file.

    Examples
    --------
    >>> study_file("bludau2020").name
    'study.toml'
    """
    file = _folder_of(publication_id) / "study.toml"
    if not isinstance(file, Path) or not file.is_file():
        raise InvalidDataError(
            f"Publication {publication_id} has no study file at {file}. Reinstall kyphort from its "
            "wheel."
        )
    return file


def read_publication(folder: Traversable) -> Publication:
    """Read and check the TOML files of one publication folder.

    Raises
    ------
    InvalidDataError
        When an entry is incomplete, repeated, unknown, or contradicts what it says was printed; the
        message names the file and the entry.
    """
    head = Fields(read_table(folder / NUMBERS_FILE), NUMBERS_FILE).allow(
        "id", "title", "authors", "citation", "doi", "licence", "number", "erratum"
    )
    numbers = tuple(
        read_number(Fields(table, f"{NUMBERS_FILE}, number {_label(table, position)}"))
        for position, table in enumerate(head.tables("number"), start=1)
    )
    general = tuple(
        read_erratum(Fields(table, f"{NUMBERS_FILE}, erratum {_label(table, position)}"))
        for position, table in enumerate(head.tables("erratum"), start=1)
    )
    errata = tuple(number.erratum for number in numbers if number.erratum is not None) + general
    _refuse_repeats([number.id for number in numbers], "number")
    _refuse_repeats([erratum.id for erratum in errata], "erratum")
    return Publication(
        id=head.text("id"),
        title=head.text("title"),
        authors=head.texts("authors"),
        citation=head.text("citation"),
        doi=head.text("doi"),
        licence=head.text("licence"),
        numbers=numbers,
        errata=errata,
        rules=_read_rules(folder, numbers),
        ranges=tuple(known for name in RANGES_FILES for known in _read_ranges(folder, name)),
    )


def _folder_of(publication_id: str) -> Traversable:
    known = available()
    if publication_id not in known:
        raise UnknownPublicationError(
            f"There is no publication '{publication_id}'. Allowed: {', '.join(known)}. "
            "Correct the id."
        )
    return resources.files(__package__) / publication_id


def _label(table: object, position: int) -> str:
    """Name an entry by its id, or by its position when it has none."""
    found = table.get("id") if isinstance(table, dict) else None
    return f"'{found}'" if isinstance(found, str) else str(position)


def _refuse_repeats(ids: list[str], kind: str) -> None:
    repeated = [one for one, count in Counter(ids).items() if count > 1]
    if repeated:
        raise InvalidDataError(
            f"{NUMBERS_FILE}: the {kind} id '{repeated[0]}' appears more than once. "
            "Every id is unique: rename or remove one."
        )


def _read_rules(folder: Traversable, numbers: tuple[PublishedNumber, ...]) -> tuple[Rule, ...]:
    file = folder / RULES_FILE
    if not file.is_file():
        # Without rules the printed numbers are printed, and everything else is open.
        paths = (number.result for number in numbers if number.can_agree)
        return tuple(
            Rule(path, DeterminationKind.PRINTED, "printed") for path in paths if path is not None
        )
    tables = Fields(read_table(file), RULES_FILE).allow("rule").tables("rule")
    return tuple(
        _rule(Fields(table, f"{RULES_FILE}, rule {position}").allow("path", "kind", "why"))
        for position, table in enumerate(tables, start=1)
    )


def _rule(fields: Fields) -> Rule:
    return Rule(
        path=fields.text("path"),
        kind=fields.choice("kind", DeterminationKind),
        why=fields.text("why"),
    )


def _read_ranges(folder: Traversable, name: str) -> tuple[KnownRange, ...]:
    file = folder / name
    if not file.is_file():
        return ()
    tables = Fields(read_table(file), name).allow("range").tables("range")
    return tuple(
        _known_range(Fields(table, f"{name}, range {position}"))
        for position, table in enumerate(tables, start=1)
    )


def _known_range(fields: Fields) -> KnownRange:
    fields.allow("path", "low", "high", "kind", "verdict", "source", "note", "seen", "cohorts")
    return KnownRange(
        path=fields.text("path"),
        low=fields.number("low"),
        high=fields.number("high"),
        kind=fields.choice("kind", DeterminationKind),
        verdict=fields.choice("verdict", Verdict),
        source=fields.text("source"),
        note=fields.optional_text("note"),
        seen=_pair(fields, "seen") if fields.has("seen") else None,
        cohorts=fields.required("cohorts", int) if fields.has("seen") else 0,
    )


def _pair(fields: Fields, name: str) -> tuple[float, float]:
    found = fields.required(name, list)
    numbers = [float(one) for one in found if isinstance(one, int | float)]
    if len(numbers) != len(found) or len(numbers) != 2 or numbers[0] > numbers[1]:
        raise fields.error(f"field '{name}' is {found!r}", "Allowed: two numbers, the lower first.")
    return numbers[0], numbers[1]
