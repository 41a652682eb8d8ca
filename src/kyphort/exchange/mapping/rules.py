"""The rules of an import: each has an identifier that stays, a severity and an example."""

from kyphort.exchange.csv_set.rules import Catalogue

CATALOGUE = Catalogue()
"""Every rule of an import, in the order of the work."""
_error, _warning, _note = CATALOGUE.error, CATALOGUE.warning, CATALOGUE.note


# The files of the source
FILE = _error("KI-FILE", "A file cannot be read, or is of another kind.", "an `.xlsx` workbook")
CONTENT = _error("KI-CONTENT", "A file has no content, or no row below its header.", "0 bytes")
HEADER = _error(
    "KI-HEADER", "The header does not name the fields of the project.", "the export of another one"
)
COLUMN_REPEATED = _error("KI-COLUMN-REPEATED", "A column appears twice.", "`sex` and `sex`")
COLUMN_UNKNOWN = _warning(
    "KI-COLUMN-UNKNOWN", "A column is no field of the project, and is not read.", "`Comment2`"
)
COLUMN_LABEL = _note(
    "KI-COLUMN-LABEL", "A column is headed by its label, and was understood.", "`Date of surgery`"
)
CELL_COUNT = _error(
    "KI-CELL-COUNT", "A row has more or fewer cells than the header.", "a file that broke off"
)
QUOTE = _error("KI-QUOTE", "The quotation marks do not match.", '`"Breast cancer,`')
ROW_EMPTY = _note("KI-ROW-EMPTY", "An empty row was skipped.", "`,,,,`")

# The structure of a project
RECORD_EMPTY = _error("KI-RECORD-EMPTY", "A row does not say of which record it is.", "`,1,2`")
ROW_REPEATED = _error(
    "KI-ROW-REPEATED", "Two rows have the same record, event, form and instance.", "P01 twice"
)
FORM_UNKNOWN = _error(
    "KI-FORM-UNKNOWN", "A row belongs to an instrument that the project has not.", "`visits_old`"
)
FORM_MISSING = _error(
    "KI-FORM-MISSING", "The map reads an instrument or file that the source has not.", "renamed"
)
FIELD_MISSING = _error(
    "KI-FIELD-MISSING", "The map reads a field that the source has not.", "renamed in the project"
)
FORM_REPEATS = _error(
    "KI-FORM-REPEATS", "A form repeats although the map says that it does not.", "`patients` 2"
)
NO_REPEAT_COLUMNS = _note(
    "KI-NO-REPEAT-COLUMNS",
    "A repeating form comes without the columns of repetition; each row counts as an instance.",
    "split by instrument",
)
INCOMPLETE = _note("KI-INCOMPLETE", "Forms are not marked complete.", "`visits_complete` 0")
HIDDEN = _warning(
    "KI-HIDDEN", "A field holds a value although the branching logic hides it.", "death of a living"
)
LOGIC = _note("KI-LOGIC", "A branching logic was not understood, and not checked.", "`datediff`")

# Values
MISSING_CODE = _note(
    "KI-MISSING-CODE", "A code for a missing value became an empty cell.", "`-99`, `NI`"
)
LABEL_VALUE = _note(
    "KI-LABEL-VALUE", "A cell held the label of a choice instead of its code.", "`Female` for `1`"
)
CODE_VALUE = _note("KI-CODE-VALUE", "A code was replaced as the map says.", "`1` as female")
CODE_UNMAPPED = _error(
    "KI-CODE-UNMAPPED", "A code of the source is not in the map.", "`3` when 1 and 2 are mapped"
)
DATE_VALUE = _note("KI-DATE-VALUE", "A date was rewritten as the map says.", "`03.04.15`")
SCALED = _note("KI-SCALED", "A number was multiplied as the map says.", "800 cGy as 8 Gy")
AGE_COMPUTED = _note(
    "KI-AGE-COMPUTED", "An age was computed from two dates; the dates are not kept.", "birth"
)
SEVERAL_CHECKED = _error(
    "KI-SEVERAL-CHECKED", "Several boxes are checked where one value is wanted.", "CT and MRI"
)
LOOKUP = _error(
    "KI-LOOKUP", "A row points to an instance that the record does not have.", "vertebra 4 of 2"
)
DIFFERENT = _error(
    "KI-DIFFERENT",
    "Rows that make one row of the data set differ in it.",
    "two ages of one patient",
)
ADDED_TWICE = _error(
    "KI-ADDED-TWICE", "A value is to be added to a row that has another already.", "pain 3 and 5"
)
