"""The columns of the data set, declared once."""

from kyphort.clinical import (
    DistanceReference,
    Finding,
    LocalStatus,
    Modality,
    Relatedness,
    ReportingQuantity,
    Sex,
    SpinalLevel,
    VisitKind,
)
from kyphort.exchange.csv_set.cells import (
    DATE,
    FILLED_TEXT,
    NUMBER,
    TEXT,
    WHOLE_NUMBER,
    YES_NO,
    YES_NO_UNKNOWN,
    CellKind,
    coded,
    or_empty,
)

Columns = dict[str, CellKind]

PATIENTS: Columns = {
    "patient_id": FILLED_TEXT,
    "sex": coded(Sex),
    "age_years": WHOLE_NUMBER,
    "entity": FILLED_TEXT,
    "last_contact_date": DATE,
    "death_date": or_empty(DATE),
    "death_relatedness": or_empty(coded(Relatedness)),
}

VERTEBRAE: Columns = {
    "patient_id": FILLED_TEXT,
    "level": coded(SpinalLevel),
    "procedure_date": DATE,
    "dose_gy": NUMBER,
    "distance_mm": NUMBER,
    "distance_reference": coded(DistanceReference),
    "reporting_quantity": coded(ReportingQuantity),
    "calibration_dataset": TEXT,
    "preexisting_fracture": YES_NO_UNKNOWN,
    "retreatment_date": or_empty(DATE),
}

VISITS: Columns = {
    "patient_id": FILLED_TEXT,
    "visit_date": DATE,
    "kind": coded(VisitKind),
    "modality": coded(Modality),
    "level": coded(SpinalLevel),
    "local_status": coded(LocalStatus),
    "new_fracture": coded(Finding),
    "adjacent_fracture": coded(Finding),
}

ADVERSE_EVENTS: Columns = {
    "patient_id": FILLED_TEXT,
    "onset_date": DATE,
    "term": FILLED_TEXT,
    "ctcae_grade": WHOLE_NUMBER,
    "ctcae_version": TEXT,
    "serious": YES_NO,
    "relatedness": coded(Relatedness),
    "resolved_date": or_empty(DATE),
}
