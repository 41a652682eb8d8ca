"""What fields are called elsewhere, in English and German: only to propose a map, never to read."""

from collections.abc import Mapping

BIRTH_DATE = "birth_date"
RECURRENCE_DATE = "recurrence_date"
LAST_IMAGING_DATE = "last_imaging_date"

WORDS: Mapping[str, tuple[str, ...]] = {
    "patient_id": (
        "id", "pid", "patid", "pat_id", "patnr", "pat_nr", "patientennummer", "pseudonym",
        "record_id", "study_id", "fallnummer", "case_id",
    ),
    "sex": ("gender", "geschlecht", "sex"),
    "age_years": ("age", "alter", "age_at_surgery", "alter_op"),
    "entity": (
        "entity", "entitaet", "tumor", "tumour", "primary", "primaertumor", "primarius",
        "tumorart", "histologie", "diagnose",
    ),
    "last_contact_date": (
        "last_contact", "lastcontact", "last_fu", "last_seen", "letzter_kontakt", "lfu",
        "last_follow_up", "kontakt_letzter",
    ),
    "death_date": (
        "death", "date_of_death", "dod", "todesdatum", "tod", "sterbedatum", "verstorben_am",
    ),
    "death_relatedness": ("death_related", "todesursache_eingriff"),
    "level": (
        "level", "vertebra", "hoehe", "wirbel", "wirbelkoerper", "segment", "etage", "wk",
    ),
    "procedure_date": (
        "procedure_date", "surgery_date", "date_of_surgery", "op_datum", "opdatum", "datum_op",
        "op_dat", "eingriff", "eingriffsdatum", "treatment_date", "iort_datum", "surgery", "op",
    ),
    "dose_gy": ("dose", "dosis", "dosis_gy", "prescribed_dose"),
    "distance_mm": ("distance", "abstand", "tiefe", "depth", "abstand_mm", "tiefe_mm"),
    "distance_reference": ("reference", "bezugspunkt", "referenz"),
    "calibration_dataset": ("calibration", "kalibrierung", "dataset", "targit"),
    "preexisting_fracture": ("fracture_before", "fraktur_praeop", "praeop_fraktur", "fraktur"),
    "retreatment_date": ("retreatment", "zweitbehandlung", "rebestrahlung", "re_op"),
    "visit_date": (
        "visit_date", "fu_date", "followup_date", "date_of_visit", "untersuchung", "datum_nk",
        "imaging_date", "scan_date",
    ),
    "kind": ("visit_type", "visit_kind", "art"),
    "modality": ("imaging", "modality", "bildgebung", "scan"),
    "local_status": (
        "recurrence", "local_control", "progression", "rezidiv", "lokalrezidiv", "progress",
        "progredienz", "status",
    ),
    "new_fracture": ("new_fracture", "sinterung", "neue_fraktur", "vcf"),
    "adjacent_fracture": ("adjacent_fracture", "anschlussfraktur"),
    "reader": ("reader", "befunder", "radiologist"),
    "pain_nrs": ("pain", "vas", "nrs", "schmerz", "pain_score"),
    "omed_mg": ("omed", "morphine", "opioid", "morphin", "opiat"),
    "onset_date": ("onset", "ae_date", "ae_start", "start_date", "beginn"),
    "term": ("ae_term", "event", "complication", "komplikation", "adverse_event"),
    "ctcae_grade": ("grade", "ctc", "ctcae", "grad", "toxicity_grade"),
    "ctcae_version": ("ctcae_version", "version"),
    "serious": ("serious", "sae", "schwerwiegend"),
    "relatedness": ("related", "relation", "zusammenhang", "kausalitaet"),
    "resolved_date": ("resolved", "ae_end", "end_date", "ende"),
    BIRTH_DATE: ("birth", "dob", "birthdate", "date_of_birth", "geburtsdatum", "geb", "geb_datum"),
    RECURRENCE_DATE: (
        "recurrence_date", "rezidiv_datum", "rezidivdatum", "progress_datum", "date_recurrence",
        "rez_datum", "datum_rezidiv",
    ),
    LAST_IMAGING_DATE: (
        "last_imaging", "letzte_bildgebung", "last_mri", "letztes_mrt", "last_scan",
        "bildgebung_letzte",
    ),
}  # fmt: skip
