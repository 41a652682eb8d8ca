"""The data dictionary of a REDCap project: 18 columns, one row for each field."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kyphort.errors import FaultyDataError, InvalidDataError
from kyphort.exchange.csv_set.decoding import read_text
from kyphort.exchange.csv_set.spellings import fold
from kyphort.exchange.mapping.source import Field, FieldKind
from kyphort.wording import counted

COLUMNS = (
    ("field_name", "Variable / Field Name"),
    ("form_name", "Form Name"),
    ("section_header", "Section Header"),
    ("field_type", "Field Type"),
    ("field_label", "Field Label"),
    ("select_choices_or_calculations", "Choices, Calculations, OR Slider Labels"),
    ("field_note", "Field Note"),
    (
        "text_validation_type_or_show_slider_number",
        "Text Validation Type OR Show Slider Number",
    ),
    ("text_validation_min", "Text Validation Min"),
    ("text_validation_max", "Text Validation Max"),
    ("identifier", "Identifier?"),
    ("branching_logic", "Branching Logic (Show field only if...)"),
    ("required_field", "Required Field?"),
    ("custom_alignment", "Custom Alignment"),
    ("question_number", "Question Number (surveys only)"),
    ("matrix_group_name", "Matrix Group Name"),
    ("matrix_ranking", "Matrix Ranking?"),
    ("field_annotation", "Field Annotation"),
)
"""The 18 columns in their order: the name of the API and the title of the file.

Source: the data dictionary as public readers of it describe it (linkml-redcap; Sage redcapdd).
"""
FIELD_TYPES = frozenset(
    (
        "text",
        "notes",
        "calc",
        "dropdown",
        "radio",
        "checkbox",
        "yesno",
        "truefalse",
        "file",
        "slider",
        "descriptive",
        "sql",
    )
)
_CHOSEN = frozenset(("dropdown", "radio", "yesno", "truefalse", "sql"))
_NO_DATA = frozenset(("descriptive", "file"))
_NEEDED = ("field_name", "form_name", "field_type")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NUMERIC = ("integer", "number")
_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class DictionaryField:
    """One row of the dictionary; the names are those of the API."""

    field_name: str
    form_name: str
    field_type: str
    field_label: str = ""
    choices: str = ""
    section_header: str = ""
    field_note: str = ""
    validation: str = ""
    validation_min: str = ""
    validation_max: str = ""
    identifier: bool = False
    branching_logic: str = ""
    required: bool = False
    annotation: str = ""

    @property
    def pairs(self) -> dict[str, str]:
        """The codes of a choice with their labels.

        >>> DictionaryField("sex", "patient", "radio", choices="1, Female | 2, Male").pairs
        {'1': 'Female', '2': 'Male'}
        """
        if self.field_type == "yesno":
            return {"1": "Yes", "0": "No"}
        if self.field_type == "truefalse":
            return {"1": "True", "0": "False"}
        if self.field_type not in _CHOSEN | {"checkbox"}:
            return {}
        found = (part.partition(",") for part in self.choices.split("|") if part.strip())
        return {code.strip(): label.strip() for code, _, label in found}

    @property
    def exported(self) -> tuple[str, ...]:
        """The columns of an export: a check box has one for each choice.

        >>> DictionaryField("scan", "visit", "checkbox", choices="1, CT | -9, None").exported
        ('scan___1', 'scan____9')
        """
        if self.field_type == "checkbox":
            return tuple(f"{self.field_name}___{_code_in_name(code)}" for code in self.pairs)
        return () if self.field_type in _NO_DATA else (self.field_name,)

    def fields(self) -> Iterator[Field]:
        """Yield what an export holds of it, as a source describes it."""
        if self.field_type == "checkbox":
            labels = zip(self.exported, self.pairs.values(), strict=True)
            for name, label in labels:
                yield Field(
                    name,
                    f"{self.field_label} ({label})",
                    self.form_name,
                    FieldKind.CHECKBOX,
                    {"1": label, "0": ""},
                    branching=self.branching_logic,
                )
        elif self.field_type not in _NO_DATA:
            yield Field(
                self.field_name,
                self.field_label,
                self.form_name,
                self._kind,
                self.pairs,
                is_identifier=self.identifier,
                branching=self.branching_logic,
            )

    @property
    def _kind(self) -> FieldKind:
        if self.pairs:
            return FieldKind.CHOICE
        if self.validation.startswith(("date", "datetime")):
            return FieldKind.DATE
        is_number = self.validation.startswith(_NUMERIC) or self.field_type in {"calc", "slider"}
        return FieldKind.NUMBER if is_number else FieldKind.TEXT

    def row(self) -> tuple[str, ...]:
        """Return the 18 cells."""
        return (
            self.field_name,
            self.form_name,
            self.section_header,
            self.field_type,
            self.field_label,
            self.choices,
            self.field_note,
            self.validation,
            self.validation_min,
            self.validation_max,
            "y" if self.identifier else "",
            self.branching_logic,
            "y" if self.required else "",
            "",
            "",
            "",
            "",
            self.annotation,
        )


@dataclass(frozen=True, slots=True)
class DataDictionary:
    """The fields of a project in their order; the first one names the record."""

    fields: tuple[DictionaryField, ...]
    name: str = "the data dictionary"

    @property
    def record_field(self) -> str:
        """The field that names the record."""
        return self.fields[0].field_name

    @property
    def forms(self) -> tuple[str, ...]:
        """The instruments in their order."""
        return tuple(dict.fromkeys(one.form_name for one in self.fields))


def dictionary_text(dictionary: DataDictionary) -> str:
    """Return the dictionary as the CSV file that REDCap takes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([title for _, title in COLUMNS])
    writer.writerows(one.row() for one in dictionary.fields)
    return text.getvalue()


def read_dictionary(path: Path) -> DataDictionary:
    """Read a data dictionary: the CSV file of REDCap, or the metadata of its API as CSV or JSON.

    Raises
    ------
    InvalidDataError
        When the file cannot be read or is no data dictionary.
    FaultyDataError
        When fields repeat or lack what every field has; it names every row.
    """
    text = read_text(path)
    if text.content is None:
        raise InvalidDataError(
            f"The data dictionary {path} cannot be used: {text.findings[0].message} Give the file "
            "that REDCap exports as data dictionary, or the metadata of its API."
        )
    rows = list(_rows(path.name, text.content))
    faults = list(_faults(path.name, rows))
    if faults:
        raise FaultyDataError(
            f"{path.name} has {counted(len(faults), 'fault')}. Export the data dictionary of the "
            "project anew, or correct it.",
            tuple(faults),
        )
    return DataDictionary(tuple(map(_field, rows)), path.name)


def _rows(name: str, content: str) -> Iterator[dict[str, str]]:
    if content.lstrip().startswith("["):
        yield from _json_rows(name, content)
        return
    first = next(iter(content.splitlines()), "")
    separator = max(_SEPARATORS, key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InvalidDataError(
            f"{name}: the quotation marks do not match ({error}). Export the dictionary anew."
        ) from error
    titles = {fold(title): api for api, title in COLUMNS} | {api: api for api, _ in COLUMNS}
    header = [titles.get(fold(cell), "") for cell in (lines[0] if lines else [])]
    missing = [dict(COLUMNS)[api] for api in _NEEDED if api not in header]
    if missing:
        raise InvalidDataError(
            f"{name} is no data dictionary of REDCap: the first row has no "
            f"{' and no '.join(repr(one) for one in missing)}. Give the file of 'Data Dictionary' "
            "in the project, or the metadata of the API."
        )
    for cells in lines[1:]:
        if any(cell.strip() for cell in cells):
            yield {api: cell.strip() for api, cell in zip(header, cells, strict=False) if api}


def _json_rows(name: str, content: str) -> Iterator[dict[str, str]]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidDataError(f"{name}: not valid JSON ({error}). Export it anew.") from error
    for one in found:
        if not isinstance(one, dict):
            raise InvalidDataError(f"{name}: not the metadata of a project. Export it anew.")
        yield {str(key): "" if value is None else str(value).strip() for key, value in one.items()}


def _faults(name: str, rows: list[dict[str, str]]) -> Iterator[str]:
    if not rows:
        yield f"{name}: no field below the header."
    seen: dict[str, int] = {}
    forms: list[str] = []
    for number, row in enumerate(rows, start=2):
        place = f"{name} row {number}"
        field, form, kind = (row.get(key, "") for key in _NEEDED)
        if not _NAME.fullmatch(field):
            yield f"{place}: '{field}' is no name of a field (a–z, 0–9, _; a letter first)."
        if field in seen:
            yield f"{place}: '{field}' is in row {seen[field]} already. Remove one of them."
        seen.setdefault(field, number)
        if not form:
            yield f"{place}: '{field}' belongs to no form."
        elif form in forms[:-1]:
            yield f"{place}: the rows of form '{form}' are not together. Move them."
        if form and form not in forms:
            forms.append(form)
        if kind not in FIELD_TYPES:
            yield f"{place}: field type '{kind}'. Allowed: {', '.join(sorted(FIELD_TYPES))}."


def _field(row: dict[str, str]) -> DictionaryField:
    return DictionaryField(
        row["field_name"],
        row["form_name"],
        row["field_type"],
        row.get("field_label", ""),
        row.get("select_choices_or_calculations", ""),
        row.get("section_header", ""),
        row.get("field_note", ""),
        row.get("text_validation_type_or_show_slider_number", ""),
        row.get("text_validation_min", ""),
        row.get("text_validation_max", ""),
        row.get("identifier", "").casefold() == "y",
        row.get("branching_logic", ""),
        row.get("required_field", "").casefold() == "y",
        row.get("field_annotation", ""),
    )


def all_fields(dictionary: DataDictionary) -> dict[str, Field]:
    """Return what an export of the project can hold, by the name of the column."""
    found: Iterable[Field] = (field for one in dictionary.fields for field in one.fields())
    return {one.name: one for one in found}


def _code_in_name(code: str) -> str:
    return code.casefold().replace("-", "_").replace(".", "_")
