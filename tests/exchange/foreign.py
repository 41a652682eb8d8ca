"""Small foreign sources for the tests: a REDCap project and its exports, as text."""

import runpy
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.exchange.csv_set import read_csv_set
from kyphort.exchange.csv_set.template import example_files
from kyphort.exchange.redcap import DataDictionary, DictionaryField, dictionary_text

ROOT = Path(__file__).parents[2]
STRATEGIES = runpy.run_path(str(ROOT / "tests" / "registry" / "strategies.py"))

DICTIONARY = DataDictionary(
    (
        DictionaryField("record_id", "patient", "text"),
        DictionaryField("sex", "patient", "radio", "Sex", "1, Female | 2, Male"),
        DictionaryField("age", "patient", "text", validation="integer"),
        DictionaryField("tumour", "patient", "text"),
        DictionaryField("last_seen", "patient", "text", validation="date_ymd"),
        DictionaryField("dead", "patient", "yesno"),
        DictionaryField(
            "dod", "patient", "text", validation="date_ymd", branching_logic="[dead] = '1'"
        ),
        DictionaryField("op_level", "operation", "text"),
        DictionaryField("op_date", "operation", "text", validation="date_ymd"),
        DictionaryField("op_dose", "operation", "text", validation="number"),
        DictionaryField("scan_date", "scan", "text", validation="date_ymd"),
        DictionaryField("scan_type", "scan", "checkbox", "Scan", "1, CT | 2, MRI"),
        DictionaryField("scan_op", "scan", "text", "Number of the operation"),
        DictionaryField("recurrence", "scan", "radio", "Recurrence", "0, None | 1, Progression"),
        DictionaryField("pain_date", "pain", "text", validation="date_ymd"),
        DictionaryField("nrs", "pain", "text", validation="number"),
    ),
    "dictionary.csv",
)

MAP = """\
kyphort_map = 1
source = "redcap"
[dataset]
name = "small"
data_cut_off = 2019-12-31
synthetic = true
provenance = "made up"
[reading]
missing_codes = ["-99"]

[[rows]]
file = "patients.csv"
form = "patient"
repeating = false
[rows.columns]
patient_id = "record_id"
sex = { field = "sex", codes = { "1" = "female", "2" = "male" } }
age_years = "age"
entity = "tumour"
last_contact_date = { first_of = ["dod", "last_seen"] }
death_date = "dod"

[[rows]]
file = "vertebrae.csv"
form = "operation"
repeating = true
[rows.columns]
patient_id = "record_id"
level = "op_level"
procedure_date = "op_date"
dose_gy = { field = "op_dose", times = 0.01 }
distance_mm = { value = "13" }
distance_reference = { value = "isocentre" }
reporting_quantity = { value = "water" }

[[rows]]
file = "visits.csv"
form = "scan"
repeating = true
when = { scan_date = ["filled"] }
[rows.columns]
patient_id = "record_id"
visit_date = "scan_date"
kind = { value = "planned" }
modality = { checked = { "scan_type___1" = "CT", "scan_type___2" = "MRI" } }
level = { field = "scan_op", instance_of = "operation.op_level" }
local_status = { field = "recurrence", codes = { "0" = "none", "1" = "progression" } }

[[rows]]
file = "visits.csv"
form = "pain"
repeating = true
add_to = ["patient_id", "visit_date"]
[rows.columns]
patient_id = "record_id"
visit_date = "pain_date"
kind = { value = "planned" }
modality = { value = "none" }
pain_nrs = "nrs"
"""

_HEAD = "record_id,redcap_repeat_instrument,redcap_repeat_instance"
RECORDS = f"""\
{_HEAD},sex,age,tumour,last_seen,dead,dod,op_level,op_date,op_dose,scan_date,scan_type___1,scan_type___2,scan_op,recurrence,pain_date,nrs
A,,,1,61,Breast cancer,2018-01-31,0,,,,,,,,,,,
A,operation,1,,,,,,,Th12,2015-07-04,800,,,,,,,
A,operation,2,,,,,,,L1,2015-07-04,800,,,,,,,
A,scan,1,,,,,,,,,,2015-10-05,0,1,1,0,,
A,scan,2,,,,,,,,,,2015-10-05,0,1,2,1,,
A,pain,1,,,,,,,,,,,,,,,2015-10-05,3
A,pain,2,,,,,,,,,,,,,,,2016-01-05,2
B,,,2,70,Sarcoma,2016-01-01,1,2016-01-31,,,,,,,,,,
B,operation,1,,,,,,,T9,2015-09-01,800,,,,,,,
B,scan,1,,,,,,,,,,2015-12-02,1,0,1,0,,
B,scan,2,,,,,,,,,,,0,0,,,,
"""


class Project:
    """The files of the small project in a folder, to be spoilt and imported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.records = RECORDS
        self.map = MAP
        self.dictionary = dictionary_text(DICTIONARY)

    def spoil(self, old: str, new: str) -> "Project":
        """Replace a text of the records, which must be there, once."""
        assert old in self.records
        self.records = self.records.replace(old, new, 1)
        return self

    def remap(self, old: str, new: str) -> "Project":
        """Replace a text of the map, which must be there, once."""
        assert old in self.map
        self.map = self.map.replace(old, new, 1)
        return self

    def write(self) -> tuple[list[Path], Path, Path]:
        """Write the files and return records, dictionary and map."""
        for name, text in (
            ("records.csv", self.records),
            ("dictionary.csv", self.dictionary),
            ("map.toml", self.map),
        ):
            (self.folder / name).write_text(text, encoding="utf-8")
        return (
            [self.folder / "records.csv"],
            self.folder / "dictionary.csv",
            self.folder / "map.toml",
        )


def example_cohort(folder: Path) -> Cohort:
    """Return the cohort of the filled example, with every kind of record."""
    folder.mkdir()
    for name, text in example_files().items():
        (folder / name).write_bytes(text.encode())
    return read_csv_set(folder)
