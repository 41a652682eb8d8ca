"""Build the example files of the exchange how-tos from 24 synthetic patients.

`docs/how-to/files/redcap`: a REDCap project as a hospital would have made it, with ten faults
planted in its records. `docs/how-to/files/hospital.sav`: an SPSS file with one row for each
vertebra, German labels and two-digit years. All rows are synthetic.

python scripts/build_exchange_examples.py
"""

import csv
import datetime as dt
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]
import pyreadstat

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    Finding,
    LocalStatus,
    Modality,
    Patient,
    Relatedness,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)
from kyphort.exchange.csv_set import read_csv_set
from kyphort.exchange.redcap import DataDictionary, DictionaryField, dictionary_text

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "how-to" / "files"
SOURCE = Path(__file__).with_name("exchange_cohort")
PATIENTS = 24
LEVELS = list(SpinalLevel)
ENTITIES = (
    "Breast cancer",
    "Gastrointestinal cancer",
    "Lung cancer",
    "Melanoma",
    "Multiple myeloma",
    "Other gynecological cancers",
    "Other urogenital cancers",
    "Others (haemangioma)",
    "Prostate cancer",
    "Renal cancer",
    "Sarcoma",
)
GERMAN_ENTITIES = (
    "Mammakarzinom",
    "Gastrointestinaler Tumor",
    "Bronchialkarzinom",
    "Melanom",
    "Multiples Myelom",
    "Anderer gynäkologischer Tumor",
    "Anderer urogenitaler Tumor",
    "Hämangiom",
    "Prostatakarzinom",
    "Nierenzellkarzinom",
    "Sarkom",
)

Row = dict[str, str]


def main() -> None:
    """Write the files."""
    cohort = some_patients(read_csv_set(SOURCE), PATIENTS)
    folder = TARGET / "redcap"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data_dictionary.csv").write_bytes(dictionary_text(DICTIONARY).encode())
    (folder / "repeating_instruments.json").write_text(json.dumps(REPEATING, indent=1) + "\n")
    (folder / "records.csv").write_bytes(with_faults(records(cohort)).encode())
    write_sav(cohort, TARGET / "hospital.sav")
    sys.stdout.write(f"{TARGET}\n")


def some_patients(cohort: Cohort, number: int) -> Cohort:
    """Return the first patients of a cohort with all their rows."""
    chosen = cohort.patients[:number]
    names = {one.patient_id for one in chosen}
    return Cohort(
        cohort.name,
        cohort.data_cut_off,
        cohort.synthetic,
        cohort.provenance,
        chosen,
        tuple(one for one in cohort.vertebrae if one.patient_id in names),
        tuple(one for one in cohort.visits if one.patient_id in names),
        tuple(one for one in cohort.adverse_events if one.patient_id in names),
    )


def choices(*labels: str, first: int = 1) -> str:
    """Return the choices of a field, numbered."""
    return " | ".join(f"{code}, {label}" for code, label in enumerate(labels, start=first))


_DATE = "date_dmy"
DICTIONARY = DataDictionary(
    (
        DictionaryField("record_id", "demographics", "text", "Study ID", identifier=True),
        DictionaryField(
            "gender", "demographics", "radio", "Gender", choices("Female", "Male"), required=True
        ),
        DictionaryField(
            "age_at_surgery", "demographics", "text", "Age at surgery", validation="integer"
        ),
        DictionaryField(
            "primary_tumour", "demographics", "dropdown", "Primary tumour", choices(*ENTITIES)
        ),
        DictionaryField(
            "last_fu", "demographics", "text", "Last follow-up or death", validation=_DATE
        ),
        DictionaryField("deceased", "demographics", "yesno", "Deceased?"),
        DictionaryField(
            "dod",
            "demographics",
            "text",
            "Date of death",
            validation=_DATE,
            branching_logic="[deceased] = '1'",
        ),
        DictionaryField(
            "death_related",
            "demographics",
            "radio",
            "Death related to the procedure?",
            choices("Unrelated", "Related", "Unknown"),
            branching_logic="[deceased] = '1'",
        ),
        DictionaryField(
            "vert_level", "treatment", "dropdown", "Vertebra", choices(*map(str, LEVELS))
        ),
        DictionaryField(
            "surgery_date", "treatment", "text", "Date of surgery", validation=_DATE, required=True
        ),
        DictionaryField("dose", "treatment", "text", "Dose [Gy]", validation="number"),
        DictionaryField("depth_mm", "treatment", "text", "Depth [mm]", validation="number"),
        DictionaryField("fracture_before", "treatment", "yesno", "Fracture before surgery?"),
        DictionaryField("fu_date", "imaging", "text", "Date of follow-up", validation=_DATE),
        DictionaryField(
            "fu_type", "imaging", "radio", "Type of visit", choices("Planned", "Unscheduled")
        ),
        DictionaryField("scan", "imaging", "checkbox", "Imaging", choices("CT", "MRI")),
        DictionaryField("fu_level", "imaging", "dropdown", "Vertebra", choices(*map(str, LEVELS))),
        DictionaryField(
            "recurrence",
            "imaging",
            "radio",
            "Local recurrence",
            choices("None", "Progression", "Indeterminate", "Not assessable", first=0),
        ),
        DictionaryField("new_fracture", "imaging", "yesno", "New fracture of this vertebra?"),
        DictionaryField("ae_date", "adverse_event", "text", "Onset", validation=_DATE),
        DictionaryField("ae_term", "adverse_event", "text", "Adverse event"),
        DictionaryField("ctc_grade", "adverse_event", "text", "CTCAE grade", validation="integer"),
        DictionaryField("sae", "adverse_event", "yesno", "Serious?"),
        DictionaryField(
            "ae_related",
            "adverse_event",
            "radio",
            "Related?",
            choices("Unrelated", "Related", "Unknown"),
        ),
    )
)
REPEATING = [
    {"form_name": form, "custom_form_label": ""}
    for form in ("treatment", "imaging", "adverse_event")
]


def _id(patient_id: str) -> str:
    return patient_id.replace("SYN-P0", "SYN-MA")


def _number(code: str, codes: Sequence[str], first: int = 1) -> str:
    return str(list(codes).index(code) + first)


def _patient(one: Patient) -> Row:
    row = {
        "record_id": _id(one.patient_id),
        "gender": "1" if one.sex == "female" else "2",
        "age_at_surgery": str(one.age_years),
        "primary_tumour": _number(one.entity, ENTITIES),
        "last_fu": one.last_contact_date.isoformat(),
        "deceased": "1" if one.died else "0",
        "demographics_complete": "2",
    }
    if one.death_date is not None:
        codes = {Relatedness.UNRELATED: "1", Relatedness.RELATED: "2", Relatedness.UNKNOWN: "3"}
        row |= {"dod": one.death_date.isoformat(), "death_related": codes[one.death_relatedness]}
    return row


def _treatment(one: TreatedVertebra) -> Row:
    fractured = {True: "1", False: "0", None: "-99"}
    return {
        "vert_level": _number(one.level, LEVELS),
        "surgery_date": one.procedure_date.isoformat(),
        "dose": f"{one.prescription.dose_gy:g}",
        "depth_mm": f"{one.prescription.distance_mm:g}",
        "fracture_before": fractured[one.preexisting_fracture],
        "treatment_complete": "2",
    }


def _imaging(visit: Visit) -> Iterator[Row]:
    fractures = {Finding.PRESENT: "1", Finding.ABSENT: "0", Finding.NOT_ASSESSED: ""}
    for one in visit.assessments:
        yield {
            "fu_date": visit.visit_date.isoformat(),
            "fu_type": "2" if visit.kind is VisitKind.UNSCHEDULED else "1",
            "scan___1": "1" if visit.modality is Modality.CT else "0",
            "scan___2": "1" if visit.modality is Modality.MRI else "0",
            "fu_level": _number(one.level, LEVELS),
            "recurrence": _number(one.local_status, list(LocalStatus), 0),
            "new_fracture": fractures[one.new_fracture],
            "imaging_complete": "2",
        }


def _event(one: AdverseEvent) -> Row:
    codes = {Relatedness.UNRELATED: "1", Relatedness.RELATED: "2", Relatedness.UNKNOWN: "3"}
    return {
        "ae_date": one.onset_date.isoformat(),
        "ae_term": one.term,
        "ctc_grade": str(one.ctcae_grade),
        "sae": "1" if one.serious else "0",
        "ae_related": codes[one.relatedness],
        "adverse_event_complete": "2",
    }


def records(cohort: Cohort) -> list[Row]:
    """Return the rows of an export, each patient's own row first."""
    rows: list[Row] = []
    for patient in cohort.patients:
        rows.append(_patient(patient))
        forms = {
            "treatment": [_treatment(one) for one in cohort.vertebrae_of(patient)],
            "imaging": [row for one in cohort.visits_of(patient) for row in _imaging(one)],
            "adverse_event": [_event(one) for one in cohort.adverse_events_of(patient)],
        }
        for form, found in forms.items():
            for number, row in enumerate(found, start=1):
                structure = {
                    "record_id": _id(patient.patient_id),
                    "redcap_repeat_instrument": form,
                    "redcap_repeat_instance": str(number),
                }
                rows.append(structure | row)
    return rows


def _first(rows: list[Row], record: str, form: str, number: int = 1) -> Row:
    return next(
        row
        for row in rows
        if row["record_id"] == record
        and row.get("redcap_repeat_instrument", "") == form
        and row.get("redcap_repeat_instance", "1") == str(number)
    )


def with_faults(rows: list[Row]) -> str:
    """Plant ten faults, and return the text of the export."""
    _first(rows, "SYN-MA01", "")["age_at_surgery"] = "161"
    _first(rows, "SYN-MA02", "treatment")["dose"] = "8 Gy"
    _first(rows, "SYN-MA03", "imaging")["scan___1"] = "1"
    wrong_day = _first(rows, "SYN-MA04", "imaging")
    wrong_day["fu_date"] = f"{wrong_day['fu_date'][:4]}-02-30"
    _first(rows, "SYN-MA05", "treatment")["vert_level"] = "40"
    other_day = _first(rows, "SYN-MA06", "")
    other_day["last_fu"] = dt.date.fromisoformat(other_day["last_fu"]).strftime("%d.%m.%Y")
    _first(rows, "SYN-MA08", "imaging")["redcap_repeat_instrument"] = "imaging_old"
    _first(rows, "SYN-MA12", "treatment")["record_id"] = "SYN-MA-12"
    twice = _first(rows, "SYN-MA10", "imaging", 2)
    twice["redcap_repeat_instance"] = "1"
    early = _first(rows, "SYN-MA11", "")
    early["last_fu"] = early["dod"] = "2004" + early["last_fu"][4:]
    header = ["record_id", "redcap_repeat_instrument", "redcap_repeat_instance"]
    for form in DICTIONARY.forms:
        own = [name for one in DICTIONARY.fields if one.form_name == form for name in one.exported]
        header += [*(name for name in own if name != "record_id"), f"{form}_complete"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _german_level(level: SpinalLevel) -> str:
    words = {"C": "HWK", "T": "BWK", "L": "LWK", "S": "SWK"}
    return f"{words[level[0]]} {level[1:]}"


def _short(date: dt.date | None) -> str:
    return "" if date is None else date.strftime("%d.%m.%y")


def _sav_row(cohort: Cohort, patient: Patient, one: TreatedVertebra) -> dict[str, object]:
    readings = [
        (visit.visit_date, found.local_status)
        for visit in cohort.visits_of(patient)
        for found in visit.assessments
        if found.level == one.level and visit.visit_date >= one.procedure_date
    ]
    recurrence = next((day for day, status in readings if status == "progression"), None)
    first = cohort.first_procedure_date(patient)
    birth = dt.date(first.year - patient.age_years, 1, 1)
    fractured = {True: 1.0, False: 0.0, None: 9.0}
    return {
        "pat_nr": _id(patient.patient_id),
        "geschlecht": 1.0 if patient.sex == "male" else 2.0,
        "geb_datum": _short(birth),
        "primaertumor": float(ENTITIES.index(patient.entity) + 1),
        "op_datum": _short(one.procedure_date),
        "hoehe": _german_level(one.level),
        "dosis": one.prescription.dose_gy,
        "tiefe": one.prescription.distance_mm / 10,
        "fraktur_praeop": fractured[one.preexisting_fracture],
        "rezidiv": 0.0 if recurrence is None else 1.0,
        "rezidiv_datum": _short(recurrence),
        "letzte_bildgebung": _short(max((day for day, _ in readings), default=None)),
        "letzter_kontakt": _short(patient.last_contact_date),
        "todesdatum": _short(patient.death_date),
        "bemerkung": "",
    }


def write_sav(cohort: Cohort, path: Path) -> None:
    """Write the hospital's SPSS file."""
    rows = [
        _sav_row(cohort, patient, one)
        for patient in cohort.patients
        for one in cohort.vertebrae_of(patient)
    ]
    yes_no = {0.0: "nein", 1.0: "ja", 9.0: "unbekannt"}
    pyreadstat.write_sav(
        pd.DataFrame(rows),
        str(path),
        file_label="Kypho-IORT (synthetisch)",
        column_labels={
            "pat_nr": "Patientennummer",
            "geschlecht": "Geschlecht",
            "geb_datum": "Geburtsdatum",
            "primaertumor": "Primärtumor",
            "op_datum": "OP-Datum",
            "hoehe": "Wirbelhöhe",
            "dosis": "Dosis [Gy]",
            "tiefe": "Tiefe [cm]",
            "fraktur_praeop": "Fraktur präoperativ",
            "rezidiv": "Lokalrezidiv",
            "rezidiv_datum": "Datum des Rezidivs",
            "letzte_bildgebung": "Letzte Bildgebung",
            "letzter_kontakt": "Letzter Kontakt",
            "todesdatum": "Todesdatum",
            "bemerkung": "Bemerkung",
        },
        variable_value_labels={
            "geschlecht": {1.0: "männlich", 2.0: "weiblich"},
            "primaertumor": dict(enumerate(GERMAN_ENTITIES, start=1)),
            "fraktur_praeop": yes_no,
            "rezidiv": yes_no,
        },
        missing_ranges={"fraktur_praeop": [9.0], "rezidiv": [9.0]},
    )


if __name__ == "__main__":
    main()
