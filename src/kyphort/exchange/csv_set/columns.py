"""The data set, declared once: every file, every column, every word of the data dictionary."""

from dataclasses import dataclass, field

from kyphort.clinical import (
    DistanceReference,
    Finding,
    LocalStatus,
    Modality,
    Relatedness,
    ReportingQuantity,
    Sex,
    VisitKind,
)
from kyphort.exchange.csv_set import cells
from kyphort.exchange.csv_set.cells import CellKind, coded

ALWAYS = "always"
NEVER = "never"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it means, and what its cells may hold.

    `required` says in words when a cell must be filled; only `ALWAYS` is checked cell by cell.
    `may_be_absent` is True when the whole column can be left out.
    """

    name: str
    kind: CellKind
    meaning: str
    example: str
    unit: str = ""
    required: str = ALWAYS
    may_be_absent: bool = False


@dataclass(frozen=True)
class CsvFile:
    """One file: its name, what one of its rows is, and its columns."""

    name: str
    row_is: str
    columns: tuple[Column, ...]
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})


_PATIENT_ID = "Pseudonym of the patient; never a name, a date of birth or a hospital number"

PATIENTS = CsvFile(
    "patients.csv",
    "one patient",
    (
        Column("patient_id", cells.TEXT, f"{_PATIENT_ID}; unique", "P017"),
        Column("sex", coded(Sex), "Sex as recorded by the centre", "female"),
        Column("age_years", cells.AGE, "Completed years at the first procedure", "63", "years"),
        Column("entity", cells.TEXT, "Primary tumour; `unknown` if it is", "Breast cancer"),
        Column(
            "last_contact_date",
            cells.DATE,
            "Last day on which the patient is known to have been alive, or the date of death",
            "2016-11-30",
        ),
        Column(
            "death_date",
            cells.DATE,
            "Date of death; equals last_contact_date",
            "2016-11-30",
            required="when the patient died",
        ),
        Column(
            "death_relatedness",
            coded(Relatedness),
            "Whether the death is judged to have been caused by the procedure",
            "unrelated",
            required="when the patient died; empty counts as unknown, with a warning",
        ),
    ),
)

VERTEBRAE = CsvFile(
    "vertebrae.csv",
    "one treated vertebra",
    (
        Column("patient_id", cells.TEXT, _PATIENT_ID, "P017"),
        Column("level", cells.LEVEL, "Treated vertebra; unique for the patient", "T12"),
        Column("procedure_date", cells.DATE, "Date of the procedure at this level", "2015-07-04"),
        Column("dose_gy", cells.POSITIVE, "Prescribed dose", "8", "Gy"),
        Column(
            "distance_mm",
            cells.POSITIVE,
            "Distance at which the dose is prescribed, from its reference",
            "13",
            "mm",
        ),
        Column(
            "distance_reference",
            coded(DistanceReference),
            "Point from which the distance is measured",
            "isocentre",
        ),
        Column(
            "reporting_quantity",
            coded(ReportingQuantity),
            "Which dose is meant: to water, to the medium, to water in the medium",
            "water",
        ),
        Column(
            "calibration_dataset",
            cells.TEXT,
            "Dose-rate table of the source; nominal doses of different tables do not pool",
            "V4.0",
            required="when the record says so",
        ),
        Column(
            "preexisting_fracture",
            cells.YES_NO_UNKNOWN,
            "Whether the vertebra was fractured before the procedure",
            "no",
            required="never; empty means unknown",
        ),
        Column(
            "retreatment_date",
            cells.DATE,
            "First later local treatment of the level (surgery, radiotherapy)",
            "2016-05-19",
            required="when the level was treated again",
        ),
    ),
)

_STATUS = "tumour, as read on this imaging"

VISITS = CsvFile(
    "visits.csv",
    "one treated level at one visit, as one reader saw it; a visit without imaging has one row",
    (
        Column("patient_id", cells.TEXT, _PATIENT_ID, "P017"),
        Column("visit_date", cells.DATE, "Date of the visit; one visit a day", "2015-10-05"),
        Column(
            "kind",
            coded(VisitKind),
            "Whether the schedule asked for the visit; a baseline may precede the procedure",
            "planned",
        ),
        Column("modality", coded(Modality), "Imaging of the visit", "MRI"),
        Column(
            "level",
            cells.LEVEL,
            "Assessed vertebra, one of those treated",
            "T12",
            required="when imaging was read; empty for a visit without it (pain only)",
        ),
        Column(
            "local_status",
            coded(LocalStatus),
            f"Within the treated vertebra: {_STATUS}",
            "none",
            required="when there is a level",
        ),
        Column(
            "new_fracture",
            coded(Finding),
            "Compression fracture of the treated vertebra since the procedure",
            "absent",
            required="never; empty means not_assessed",
        ),
        Column(
            "adjacent_fracture",
            coded(Finding),
            "Compression fracture of a neighbouring vertebra since the procedure",
            "absent",
            required="never; empty means not_assessed",
        ),
        Column(
            "epidural_status",
            coded(LocalStatus),
            f"In the canal at the height of the treated vertebra: {_STATUS}",
            "none",
            required="never; empty means not_assessable",
            may_be_absent=True,
        ),
        Column(
            "adjacent_status",
            coded(LocalStatus),
            f"In a neighbouring vertebra: {_STATUS}",
            "none",
            required="never; empty means not_assessable",
            may_be_absent=True,
        ),
        Column(
            "reader",
            cells.READER,
            "Who read the imaging, under a pseudonym",
            "A",
            required="when several readers assess one level",
            may_be_absent=True,
        ),
        Column(
            "pain_nrs",
            cells.PAIN_SCORE,
            "Worst pain of the last day at the treated site, the same in all rows of a visit",
            "3",
            "NRS",
            required=NEVER,
            may_be_absent=True,
        ),
        Column(
            "omed_mg",
            cells.NOT_NEGATIVE,
            "Daily oral morphine equivalent dose, the same in all rows of a visit",
            "40",
            "mg per day",
            required=NEVER,
            may_be_absent=True,
        ),
    ),
)

ADVERSE_EVENTS = CsvFile(
    "adverse_events.csv",
    "one adverse event",
    (
        Column("patient_id", cells.TEXT, _PATIENT_ID, "P017"),
        Column("onset_date", cells.DATE, "First day of the event", "2015-07-06"),
        Column("term", cells.TEXT, "What happened, as a CTCAE term", "Wound infection"),
        Column("ctcae_grade", cells.GRADE, "Grade by the version named beside it", "2"),
        Column("ctcae_version", cells.TEXT, "Version of CTCAE", "5.0", required=NEVER),
        Column("serious", cells.YES_NO, "Whether it was a serious adverse event", "no"),
        Column(
            "relatedness",
            coded(Relatedness),
            "Whether it is judged to have been caused by the procedure",
            "related",
        ),
        Column(
            "resolved_date",
            cells.DATE,
            "Day on which the event was over",
            "2015-07-20",
            required="when it is over",
        ),
    ),
)

CSV_FILES = (PATIENTS, VERTEBRAE, VISITS, ADVERSE_EVENTS)
"""The four CSV files of a data set."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `dataset.toml`."""

    name: str
    allowed: str
    meaning: str
    example: str
    required: str = ALWAYS


DESCRIPTION_FILE = "dataset.toml"
DESCRIPTION_ENTRIES = (
    Entry("name", "a text", "Name of the data set, shown in every report", '"Centre X, 2010–2024"'),
    Entry(
        "data_cut_off",
        "a date as YYYY-MM-DD",
        "Day on which the data were closed; nothing later is in them",
        '"2024-12-31"',
    ),
    Entry("synthetic", "true or false", "Whether the rows do not describe real people", "false"),
    Entry("provenance", "a text", "Where the data come from", '"Chart review, ethics vote 12/34"'),
    Entry(
        "date_format",
        "YYYY-MM-DD, DD.MM.YYYY, DD/MM/YYYY or MM/DD/YYYY",
        "How every date in the CSV files is written",
        '"DD.MM.YYYY"',
        'when it is not "YYYY-MM-DD"',
    ),
)
FILE_NAMES = (DESCRIPTION_FILE, *(one.name for one in CSV_FILES))
"""The files that a data set must hold."""
