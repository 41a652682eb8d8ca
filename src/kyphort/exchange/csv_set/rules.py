"""The rules of the data set: each has an identifier that stays, a severity and an example."""

from dataclasses import dataclass

from kyphort.exchange.csv_set.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `meaning` is what it says when it fires, `example` a case that it catches."""

    identifier: str
    severity: Severity
    meaning: str
    example: str

    def found(
        self,
        file: str,
        message: str,
        remedy: str,
        *,
        row: int | None = None,
        column: str = "",
        value: object = "",
    ) -> Finding:
        """Return a finding of this rule."""
        text = "" if value is None else str(value)
        return Finding(self.severity, file, row, column, text, self.identifier, message, remedy)


class Catalogue(list[Rule]):
    """Rules in the order in which they are declared."""

    def error(self, identifier: str, meaning: str, example: str) -> Rule:
        """Declare a rule that stops the work."""
        return self._declared(Severity.ERROR, identifier, meaning, example)

    def warning(self, identifier: str, meaning: str, example: str) -> Rule:
        """Declare a rule that asks for a look."""
        return self._declared(Severity.WARNING, identifier, meaning, example)

    def note(self, identifier: str, meaning: str, example: str) -> Rule:
        """Declare a rule that tells what was understood or tidied."""
        return self._declared(Severity.NOTE, identifier, meaning, example)

    def _declared(self, severity: Severity, identifier: str, meaning: str, example: str) -> Rule:
        rule = Rule(identifier, severity, meaning, example)
        self.append(rule)
        return rule


CATALOGUE = Catalogue()
"""Every rule, in the order of the check."""
_error, _warning, _note = CATALOGUE.error, CATALOGUE.warning, CATALOGUE.note


# Files
FOLDER = _error("KD-FOLDER", "The data set is not a folder.", "`kyphort check patients.csv`")
FILE_MISSING = _error("KD-FILE-MISSING", "A file is not there.", "`visits.xlsx`, no `visits.csv`")
FILE_UNREADABLE = _error(
    "KD-FILE-UNREADABLE", "A file cannot be read.", "a folder named `visits.csv`"
)
FILE_FORMAT = _error(
    "KD-FILE-FORMAT", "A file is not text.", "an Excel workbook renamed to `visits.csv`"
)
FILE_EMPTY = _error("KD-FILE-EMPTY", "A file has no content, or no rows.", "`patients.csv`, 0 rows")
ENCODING = _note("KD-ENCODING", "A file was not plain UTF-8.", "saved by Excel as Windows-1252")
SEPARATOR = _note("KD-SEPARATOR", "The cells are not separated by commas.", "`patient_id;sex`")
NUL = _error("KD-NUL", "A file holds NUL bytes.", "a copy that broke off")
QUOTE = _error("KD-QUOTE", "A quotation mark is not closed.", '`P01,"Breast cancer`')
DESCRIPTION = _error(
    "KD-DESCRIPTION", "The description lacks an entry, or cannot be read.", 'no `name = "…"`'
)
DESCRIPTION_UNKNOWN = _warning(
    "KD-DESCRIPTION-UNKNOWN", "The description has an unknown entry.", "`cut_off = 2019-12-31`"
)

# Header
HEADER = _error("KD-HEADER", "The first row is not the header.", "the file begins with data")
COLUMN_MISSING = _error("KD-COLUMN-MISSING", "A required column is absent.", "no `procedure_date`")
COLUMN_REPEATED = _error("KD-COLUMN-REPEATED", "A column appears twice.", "`sex` and `sex`")
COLUMN_UNKNOWN = _warning(
    "KD-COLUMN-UNKNOWN", "A column is not part of the data set, and is not read.", "`seen_by`"
)
COLUMN_SPELLING = _note("KD-COLUMN-SPELLING", "A column's name was tidied.", "`Patient ID`")

# Rows and cells
CELL_COUNT = _error(
    "KD-CELL-COUNT", "A row has more or fewer cells than the header.", "`8,5` for 8.5 Gy"
)
CELL_SIZE = _error("KD-CELL-SIZE", "A cell is far too long.", "a letter pasted into `entity`")
CHARACTER = _error(
    "KD-CHARACTER", "A cell holds an invisible control character.", "a bell (U+0007)"
)
ROW_EMPTY = _note("KD-ROW-EMPTY", "An empty row was skipped.", "`,,,,,`")
REQUIRED = _error("KD-REQUIRED", "A required cell is empty.", "no `level`")
PLACEHOLDER = _error(
    "KD-PLACEHOLDER", "A sign stands for a value that is not known.", "death_date `n/a`"
)
LEVEL = _error("KD-LEVEL", "A level is not a vertebra.", "`L7`")
CODE = _error("KD-CODE", "A code is not one of those allowed.", "sex `2`")
NUMBER = _error("KD-NUMBER", "A cell is not a number, or can be read in two ways.", "`8 Gy`")
RANGE = _error("KD-RANGE", "A number is outside what is possible.", "pain_nrs `11`")
AGE = _error("KD-AGE", "An age is impossible.", "`161`")
DATE_FORMAT = _error("KD-DATE-FORMAT", "A date is not in the declared format.", "`03.04.2015`")
DATE_IMPOSSIBLE = _error("KD-DATE-IMPOSSIBLE", "A day does not exist.", "`2015-02-30`")
DATE_SERIAL = _error("KD-DATE-SERIAL", "A date is a spreadsheet's serial number.", "`42067`")
DATE_YEAR = _error("KD-DATE-YEAR", "A year has two digits, or lies before 1900.", "`03.04.15`")
FORMULA = _warning("KD-FORMULA", "A text looks like a spreadsheet formula.", "`=cmd|' /C calc'!A0`")
BLANKS = _note("KD-BLANKS", "Blanks around a value were removed.", "`P01 `")
LEVEL_SPELLING = _note("KD-LEVEL-SPELLING", "A level was spelt otherwise.", "`Th12`, `LWK 3`")
CODE_SPELLING = _note("KD-CODE-SPELLING", "A code was spelt otherwise.", "`weiblich`, `ja`")
NUMBER_SPELLING = _note("KD-NUMBER-SPELLING", "A number was spelt otherwise.", "`8,5`, `61.0`")
DATE_SPELLING = _note(
    "KD-DATE-SPELLING", "A date carried a time of midnight.", "`2015-04-03 00:00`"
)

# Rows against each other
REPEATED = _warning(
    "KD-REPEATED", "A row appears twice with the same content, and counts once.", "pasted twice"
)
DUPLICATE = _error(
    "KD-DUPLICATE", "Two rows of one thing contradict each other.", "patient P01 male and female"
)
VISIT_CONTRADICTION = _error(
    "KD-VISIT-CONTRADICTION", "Rows of one visit differ in what belongs to the visit.", "CT and MRI"
)
ORPHAN = _error("KD-ORPHAN", "A row belongs to an unknown patient.", "vertebra of `P99`")
LEVEL_UNTREATED = _error(
    "KD-LEVEL-UNTREATED", "A visit assesses a level that was not treated.", "`L2` for `L3`"
)
NO_VERTEBRA = _error("KD-NO-VERTEBRA", "A patient has no treated vertebra.", "patient `P07`")
STATUS_WITHOUT_LEVEL = _error(
    "KD-STATUS-WITHOUT-LEVEL", "A row has a status but no level.", "`progression` of no level"
)
PAIN_INCOMPLETE = _warning(
    "KD-PAIN-INCOMPLETE", "Analgesics without a pain score are not kept.", "omed_mg `60` alone"
)
IMAGING_UNREAD = _warning(
    "KD-IMAGING-UNREAD", "A visit has imaging but no level was assessed.", "CT, level empty"
)

# Order of dates
DEATH_EARLY = _error("KD-DEATH-EARLY", "A death comes before the treatment.", "years exchanged")
CONTACT_EARLY = _error(
    "KD-CONTACT-EARLY", "The last contact comes before the treatment.", "years exchanged"
)
DEATH_NOT_LAST = _error(
    "KD-DEATH-NOT-LAST", "The last contact of a dead patient is not the death.", "a week later"
)
PROCEDURE_LATE = _error(
    "KD-PROCEDURE-LATE", "A later procedure follows the last contact.", "second level"
)
RETREATMENT_EARLY = _error(
    "KD-RETREATMENT-EARLY", "A retreatment comes before the procedure.", "day and month exchanged"
)
RETREATMENT_LATE = _error(
    "KD-RETREATMENT-LATE", "A retreatment follows the last contact.", "surgery after death"
)
VISIT_EARLY = _error(
    "KD-VISIT-EARLY", "A visit that is no baseline comes before the procedure.", "planned CT"
)
READING_EARLY = _warning(
    "KD-READING-EARLY",
    "A level is assessed before its own procedure, at a visit that is no baseline.",
    "L4 read before the second procedure",
)
VISIT_LATE = _error("KD-VISIT-LATE", "A visit follows the death or last contact.", "`2051`")
EVENT_EARLY = _error("KD-EVENT-EARLY", "An adverse event precedes the procedure.", "the day before")
EVENT_LATE = _error("KD-EVENT-LATE", "An adverse event follows the last contact.", "`2051`")
EVENT_RESOLVED = _error(
    "KD-EVENT-RESOLVED", "An adverse event is resolved before its onset.", "dates exchanged"
)
AFTER_CUT_OFF = _error("KD-AFTER-CUT-OFF", "A date follows the data cut-off.", "`2020-01-03`")
FUTURE = _error("KD-FUTURE", "A date of real patients lies in the future.", "`2105` for `2015`")

DATE_EARLY = _error(
    "KD-DATE-EARLY", "A date of an optional file comes before the procedure.", "years exchanged"
)
DATE_LATE = _error("KD-DATE-LATE", "A date of an optional file follows the last contact.", "`2051`")
PROCEDURE_UNKNOWN = _error(
    "KD-PROCEDURE-UNKNOWN",
    "A procedure or plan has a date on which the vertebra was not treated.",
    "day and month exchanged",
)
RETREATMENT_DIFFERS = _error(
    "KD-RETREATMENT-DIFFERS",
    "The first retreatment of a level is not the one its vertebra names.",
    "retreatment_date empty in `vertebrae.csv`",
)
ROW = _error("KD-ROW", "The values of a row cannot stand together.", "not delivered, but no reason")

# Doubts
STATUS_REVERSED = _warning(
    "KD-STATUS-REVERSED", "A progression is followed by none without retreatment.", "reader's slip"
)
DEATH_RELATEDNESS = _warning(
    "KD-DEATH-RELATEDNESS", "A death does not say whether it was related.", "cell left empty"
)
ALIVE_RELATEDNESS = _warning(
    "KD-ALIVE-RELATEDNESS", "A living patient has a death_relatedness.", "death_date forgotten"
)
READERS_DIFFER = _warning(
    "KD-READERS-DIFFER", "Two readers differ and nobody adjudicated.", "none and progression"
)
AGE_UNUSUAL = _warning("KD-AGE-UNUSUAL", "An age is unusual.", "`12`")
DOSE_UNUSUAL = _warning("KD-DOSE-UNUSUAL", "A dose is unusual.", "`800` (in cGy)")
DISTANCE_UNUSUAL = _warning("KD-DISTANCE-UNUSUAL", "A distance is unusual.", "`1.3` (in cm)")
CALIBRATION_MIXED = _warning(
    "KD-CALIBRATION-MIXED", "Doses of different calibration datasets are pooled.", "TARGIT, V4.0"
)
MANY_LEVELS = _warning("KD-MANY-LEVELS", "A patient has more than three levels.", "four on a day")
NO_VISITS = _warning("KD-NO-VISITS", "There is no visit at all.", "`visits.csv`, 0 rows")
SYNTHETIC_PREFIX = _warning(
    "KD-SYNTHETIC-PREFIX", "Real patients carry the prefix of synthetic rows.", "`SYN-P01`"
)
AFTER_WITHDRAWAL = _warning(
    "KD-AFTER-WITHDRAWAL",
    "A visit follows the day on which the patient stopped follow-up or was given up as lost.",
    "a scan a year after the withdrawal",
)
COHORT = _error("KD-COHORT", "Rows contradict each other in a way no other rule names.", "–")
