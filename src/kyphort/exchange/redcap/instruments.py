"""The data set as instruments of a REDCap project: forms, variables, choices."""

from collections import Counter
from dataclasses import dataclass

from kyphort.exchange.csv_set.columns import CSV_FILES, CsvFile
from kyphort.exchange.mapping.declared import ColumnKind, Declared, declared
from kyphort.exchange.mapping.map_file import ColumnMap, RowsMap
from kyphort.exchange.redcap.dictionary import DataDictionary, DictionaryField

RECORD_FIELD = "patient_id"
_VISITS = "visits.csv"
_PAIN_FORM = "pain"
_PAIN = ("pain_nrs", "omed_mg")
_OF_VISIT = ("patient_id", "visit_date")
"""Pain is an instrument of its own: it belongs to the visit, not to each level that was read."""

_YES_NO_UNKNOWN = {"1": "yes", "0": "no", "9": "unknown"}
_SHOWN_WITH = {
    ("patients.csv", "death_relatedness"): "death_date",
    (_VISITS, "local_status"): "level",
    (_VISITS, "new_fracture"): "level",
    (_VISITS, "adjacent_fracture"): "level",
    (_VISITS, "epidural_status"): "level",
    (_VISITS, "adjacent_status"): "level",
}
"""Columns that are asked only when another is filled."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One field of an instrument and the column that it holds."""

    name: str
    declared: Declared

    @property
    def column(self) -> str:
        """The column of the data set."""
        return self.declared.name


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument: its form, the file of the data set whose rows it holds, its fields."""

    form: str
    file: CsvFile
    variables: tuple[Variable, ...]

    @property
    def is_repeating(self) -> bool:
        """Whether a record has many of it: all but the patient's own form."""
        return self.form != CSV_FILES[0].name.removesuffix(".csv")

    @property
    def is_added(self) -> bool:
        """Whether its values are added to rows of another instrument."""
        return self.form == _PAIN_FORM


def instruments() -> tuple[Instrument, ...]:
    """Return the instruments of the whole data set, the patient's first.

    >>> [one.form for one in instruments()][:4]
    ['patients', 'vertebrae', 'visits', 'pain']
    """
    found: list[Instrument] = []
    for file in CSV_FILES:
        stem = file.name.removesuffix(".csv")
        own = [one for one in declared(file) if one.name != RECORD_FIELD]
        pain = [one for one in own if file.name == _VISITS and one.name in _PAIN]
        rest = [one for one in own if one not in pain]
        found.append(Instrument(stem, file, _variables(stem, rest)))
        if pain:
            dates = [one for one in own if one.name in _OF_VISIT or one.name == "kind"]
            found.append(Instrument(_PAIN_FORM, file, _variables(_PAIN_FORM, [*dates, *pain])))
    return tuple(found)


def _variables(form: str, columns: list[Declared]) -> tuple[Variable, ...]:
    return tuple(Variable(_name(form, one.name), one) for one in columns)


def _name(form: str, column: str) -> str:
    """Return a name that no other form has: REDCap wants it unique in the project."""
    if form == CSV_FILES[0].name.removesuffix(".csv") or column.startswith(f"{form}_"):
        return column
    return f"{form}_{column}"


def project_dictionary() -> DataDictionary:
    """Return the data dictionary of a project that holds the whole data set.

    Examples
    --------
    >>> dictionary = project_dictionary()
    >>> dictionary.record_field, dictionary.forms[:2]
    ('patient_id', ('patients', 'vertebrae'))
    """
    found = instruments()
    fields = [_record_field(found[0])]
    fields += [_field(one, variable) for one in found for variable in one.variables]
    repeated = [
        name for name, count in Counter(one.field_name for one in fields).items() if count > 1
    ]
    if repeated:
        raise AssertionError(f"two fields are called {repeated[0]}")
    return DataDictionary(tuple(fields), "data_dictionary.csv")


def _record_field(patients: Instrument) -> DictionaryField:
    column = patients.file.by_name[RECORD_FIELD]
    return DictionaryField(
        RECORD_FIELD, patients.form, "text", column.meaning, required=True, identifier=True
    )


def _field(instrument: Instrument, variable: Variable) -> DictionaryField:
    one = variable.declared
    kind, choices = _type(one)
    validation = {
        ColumnKind.DATE: "date_ymd",
        ColumnKind.INTEGER: "integer",
        ColumnKind.REAL: "number",
    }.get(one.kind, "")
    shown_with = _SHOWN_WITH.get((instrument.file.name, one.name))
    needed = "" if one.is_required else f"Needed: {one.column.required}."
    return DictionaryField(
        variable.name,
        instrument.form,
        kind,
        one.label,
        choices,
        field_note=f"{needed} Example: {one.column.example}".strip(),
        validation=validation,
        branching_logic=f"[{_name(instrument.form, shown_with)}] <> ''" if shown_with else "",
        required=one.is_required and not shown_with,
    )


def _type(one: Declared) -> tuple[str, str]:
    """Return the type of a field and its choices; the codes are the words of the data set."""
    if one.kind is ColumnKind.YES_NO:
        return "yesno", ""
    if one.kind is ColumnKind.YES_NO_UNKNOWN:
        return "radio", _choices({code: _words(word) for code, word in _YES_NO_UNKNOWN.items()})
    if one.kind is ColumnKind.CODE:
        return "radio", _choices({code: _words(code) for code in one.codes})
    if one.kind is ColumnKind.LEVEL:
        return "dropdown", _choices({code: code for code in one.codes})
    return ("text", "")


def _choices(pairs: dict[str, str]) -> str:
    return " | ".join(f"{code}, {label}" for code, label in pairs.items())


def _words(code: str) -> str:
    """Return a code as a label: "not_assessable" as "Not assessable", "MRI" as it is."""
    return code if code.isupper() else code.replace("_", " ").capitalize()


def value_of(one: Declared, text: str) -> str:
    """Return a cell of the data set as REDCap stores it.

    >>> from kyphort.exchange.csv_set.columns import ADVERSE_EVENTS
    >>> value_of(next(one for one in declared(ADVERSE_EVENTS) if one.name == "serious"), "no")
    '0'
    """
    codes = _codes(one)
    return next((code for code, meaning in codes.items() if meaning == text), text)


def _codes(one: Declared) -> dict[str, str]:
    if one.kind is ColumnKind.YES_NO:
        return {"1": "yes", "0": "no"}
    return _YES_NO_UNKNOWN if one.kind is ColumnKind.YES_NO_UNKNOWN else {}


def project_rows() -> tuple[RowsMap, ...]:
    """Return the blocks of the map that read such a project back."""
    return tuple(map(_rows, instruments()))


def _rows(instrument: Instrument) -> RowsMap:
    columns = [ColumnMap(RECORD_FIELD, RECORD_FIELD)]
    columns += [
        ColumnMap(one.column, one.name, codes=_codes(one.declared)) for one in instrument.variables
    ]
    if instrument.is_added:
        columns.append(ColumnMap("modality", value="none"))
    return RowsMap(
        instrument.file.name,
        tuple(columns),
        instrument.form,
        repeating=instrument.is_repeating,
        add_to=_OF_VISIT if instrument.is_added else (),
    )
