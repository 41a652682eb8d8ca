"""Faults that show when rows are compared, each with the findings they give."""

from collections.abc import Sequence

from .planting import Again, Drop, Edit, Place, Put, Text

Case = tuple[Sequence[Edit], list[Place]]

TOML, PATIENTS, VERTEBRAE = "dataset.toml", "patients.csv", "vertebrae.csv"
VISITS, EVENTS = "visits.csv", "adverse_events.csv"
REAL = Text(TOML, "synthetic = true", "synthetic = false")
PREFIX: Place = ("KD-SYNTHETIC-PREFIX", PATIENTS, 2, "patient_id")


IDENTITIES: list[Case] = [
    ([Again(PATIENTS, 3)], [("KD-REPEATED", PATIENTS, 8, "")]),
    ([Again(VERTEBRAE, 3)], [("KD-REPEATED", VERTEBRAE, 10, "")]),
    ([Again(VISITS, 3)], [("KD-REPEATED", VISITS, 23, "")]),
    ([Again(EVENTS, 3)], [("KD-REPEATED", EVENTS, 4, "")]),
    ([Again(PATIENTS, 3, sex="female")], [("KD-DUPLICATE", PATIENTS, 8, "sex")]),
    ([Again(VERTEBRAE, 3, dose_gy="9")], [("KD-DUPLICATE", VERTEBRAE, 10, "dose_gy")]),
    (
        [Again(VISITS, 3, local_status="progression")],
        [
            ("KD-DUPLICATE", VISITS, 23, "local_status"),
        ],
    ),
    ([Again(EVENTS, 3, ctcae_grade="4")], [("KD-DUPLICATE", EVENTS, 4, "ctcae_grade")]),
    ([Put(VISITS, 4, "modality", "CT")], [("KD-VISIT-CONTRADICTION", VISITS, 4, "modality")]),
    ([Put(VISITS, 4, "pain_nrs", "9")], [("KD-VISIT-CONTRADICTION", VISITS, 4, "pain_nrs")]),
    ([Put(VERTEBRAE, 9, "patient_id", "SYN-E60")], [("KD-ORPHAN", VERTEBRAE, 9, "patient_id")]),
    ([Put(VISITS, 22, "patient_id", "Nobody")], [("KD-ORPHAN", VISITS, 22, "patient_id")]),
    ([Drop(PATIENTS, 6)], [("KD-ORPHAN", VERTEBRAE, 7, "patient_id")]),
    ([Put(VISITS, 8, "level", "L4")], [("KD-LEVEL-UNTREATED", VISITS, 8, "level")]),
    ([Drop(VERTEBRAE, 9)], [("KD-NO-VERTEBRA", PATIENTS, 7, "patient_id")]),
    (
        [Put(VISITS, 2, "new_fracture", "absent")],
        [
            ("KD-STATUS-WITHOUT-LEVEL", VISITS, 2, "new_fracture"),
        ],
    ),
    ([Put(VISITS, 2, "pain_nrs", "")], [("KD-PAIN-INCOMPLETE", VISITS, 2, "omed_mg")]),
    ([Put(VISITS, 2, "modality", "CT")], [("KD-IMAGING-UNREAD", VISITS, 2, "modality")]),
]
DATES: list[Case] = [
    (
        [Put(PATIENTS, 3, name, "2015-01-20") for name in ("last_contact_date", "death_date")],
        [("KD-DEATH-EARLY", PATIENTS, 3, "death_date")],
    ),
    (
        [Put(PATIENTS, 2, "last_contact_date", "2015-01-20")],
        [("KD-CONTACT-EARLY", PATIENTS, 2, "last_contact_date")],
    ),
    (
        [Put(PATIENTS, 3, "last_contact_date", "2018-01-27")],
        [("KD-DEATH-NOT-LAST", PATIENTS, 3, "death_date")],
    ),
    (
        [Put(VERTEBRAE, 3, "procedure_date", "2019-12-24")],
        [("KD-PROCEDURE-LATE", VERTEBRAE, 3, "procedure_date")],
    ),
    (
        [Put(VERTEBRAE, 2, "retreatment_date", "2017-03-07")],
        [("KD-RETREATMENT-EARLY", VERTEBRAE, 2, "retreatment_date")],
    ),
    (
        [Put(VERTEBRAE, 2, "retreatment_date", "2020-03-07")],
        [("KD-RETREATMENT-LATE", VERTEBRAE, 2, "retreatment_date")],
    ),
    (
        [Put(VISITS, 8, "visit_date", "2017-04-18")],
        [("KD-VISIT-CONTRADICTION", VISITS, 8, "kind")],
    ),
    (
        [Put(VISITS, 8, "visit_date", "2017-04-17")],
        [("KD-VISIT-EARLY", VISITS, 8, "visit_date")],
    ),
    (
        [Put(VISITS, 9, "visit_date", "2018-01-21")],
        [("KD-VISIT-LATE", VISITS, 9, "visit_date")],
    ),
    (
        [Put(EVENTS, 2, "onset_date", "2017-04-18")],
        [("KD-EVENT-EARLY", EVENTS, 2, "onset_date")],
    ),
    (
        [
            Put(EVENTS, 2, "onset_date", "2018-01-21"),
            Put(EVENTS, 2, "resolved_date", ""),
        ],
        [("KD-EVENT-LATE", EVENTS, 2, "onset_date")],
    ),
    (
        [Put(EVENTS, 2, "resolved_date", "2017-04-20")],
        [("KD-EVENT-RESOLVED", EVENTS, 2, "resolved_date")],
    ),
    (
        [Put(PATIENTS, 5, "last_contact_date", "2021-01-01")],
        [("KD-AFTER-CUT-OFF", PATIENTS, 5, "last_contact_date")],
    ),
    (
        [Put(PATIENTS, 5, name, "2021-01-01") for name in ("last_contact_date", "death_date")]
        + [Put(PATIENTS, 5, "death_relatedness", "unknown")],
        [("KD-AFTER-CUT-OFF", PATIENTS, 5, "last_contact_date")],
    ),
    (
        [
            REAL,
            Text(TOML, "2020-12-31", "2026-12-31"),
            Put(PATIENTS, 5, "last_contact_date", "2026-06-02"),
        ],
        [
            ("KD-FUTURE", TOML, None, "data_cut_off"),
            PREFIX,
            ("KD-FUTURE", PATIENTS, 5, "last_contact_date"),
        ],
    ),
]
DOUBTS: list[Case] = [
    ([Put(VISITS, 19, "level", "L4")], [("KD-READING-EARLY", VISITS, 19, "level")]),
    (
        [Put(VERTEBRAE, 6, "retreatment_date", "")],
        [
            ("KD-STATUS-REVERSED", VISITS, 17, "local_status"),
        ],
    ),
    (
        [Put(PATIENTS, 3, "death_relatedness", "")],
        [
            ("KD-DEATH-RELATEDNESS", PATIENTS, 3, "death_relatedness"),
        ],
    ),
    (
        [Put(PATIENTS, 2, "death_relatedness", "related")],
        [
            ("KD-ALIVE-RELATEDNESS", PATIENTS, 2, "death_relatedness"),
        ],
    ),
    ([Drop(VISITS, 16)], [("KD-READERS-DIFFER", VISITS, 15, "local_status")]),
    ([Put(PATIENTS, 3, "age_years", "17")], [("KD-AGE-UNUSUAL", PATIENTS, 3, "age_years")]),
    ([Put(VERTEBRAE, 4, "dose_gy", "800")], [("KD-DOSE-UNUSUAL", VERTEBRAE, 4, "dose_gy")]),
    (
        [Put(VERTEBRAE, 4, "distance_mm", "1.3")],
        [
            ("KD-DISTANCE-UNUSUAL", VERTEBRAE, 4, "distance_mm"),
        ],
    ),
    (
        [Put(VERTEBRAE, 4, "calibration_dataset", "TARGIT")],
        [
            ("KD-CALIBRATION-MIXED", VERTEBRAE, 4, "calibration_dataset"),
        ],
    ),
    (
        [Again(VERTEBRAE, 2, level="L2"), Again(VERTEBRAE, 2, level="L3")],
        [
            ("KD-MANY-LEVELS", VERTEBRAE, 11, "level"),
        ],
    ),
]
CAUGHT_IN_ROWS = [*IDENTITIES, *DATES, *DOUBTS]
