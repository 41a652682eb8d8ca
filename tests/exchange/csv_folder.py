"""A small valid data set in a folder, as text that a test can spoil in one place."""

from pathlib import Path

DATASET = """\
name = "small"
data_cut_off = 2019-12-31
synthetic = true
provenance = "made up"
"""
PATIENTS = """\
patient_id,sex,age_years,entity,last_contact_date,death_date,death_relatedness
A,female,61,"Breast cancer, ductal",2016-07-04,2016-07-04,unrelated
B,male,70,Sarcoma,2016-01-31,,
"""
VERTEBRAE = """\
patient_id,level,procedure_date,dose_gy,distance_mm,distance_reference,reporting_quantity,\
calibration_dataset,preexisting_fracture,retreatment_date
A,T12,2015-07-04,8,13,isocentre,water,V4.0,yes,
A,L1,2015-07-04,8.5,10,applicator_surface,unspecified,,unknown,2016-02-01
B,T9,2015-09-01,8,8,isocentre,unspecified,,no,
"""
VISITS = """\
patient_id,visit_date,kind,modality,level,local_status,new_fracture,adjacent_fracture
A,2015-10-05,planned,MRI,T12,none,absent,not_assessed
A,2015-10-05,planned,MRI,L1,progression,present,absent
B,2015-12-02,unscheduled,CT,T9,not_assessable,not_assessed,present
"""
ADVERSE_EVENTS = """\
patient_id,onset_date,term,ctcae_grade,ctcae_version,serious,relatedness,resolved_date
A,2015-07-05,pain,3,4.03,yes,related,2015-07-10
"""
FILES = {
    "dataset.toml": DATASET,
    "patients.csv": PATIENTS,
    "vertebrae.csv": VERTEBRAE,
    "visits.csv": VISITS,
    "adverse_events.csv": ADVERSE_EVENTS,
}


def write_files(folder: Path, *, encoding: str = "utf-8", newline: str = "\n") -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        own = "utf-8" if name.endswith(".toml") else encoding
        (folder / name).write_text(text, encoding=own, newline=newline)
    return folder


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first occurrence of `old`, which must be there."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def spoil_cell(folder: Path, file: str, row: int, column: str, value: str) -> None:
    """Write `value` into one cell; the header is row 1, and no cell before it may hold a comma."""
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    cells = lines[row - 1].split(",")
    cells[lines[0].split(",").index(column)] = value
    lines[row - 1] = ",".join(cells)
    (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
