"""Faults of the files that a data set may do without, planted in the whole example."""

from collections.abc import Sequence

from .planting import Again, Bytes, Drop, Edit, Place, Put, Remove

Case = tuple[Sequence[Edit], list[Place]]

VERTEBRAE, VISITS, EVENTS = "vertebrae.csv", "visits.csv", "adverse_events.csv"
TUMOURS, CONSENTS, TRIALS = "primary_tumours.csv", "consents.csv", "trial_memberships.csv"
PROCEDURES, BASELINES, DELIVERIES = "procedures.csv", "baselines.csv", "deliveries.csv"
PLANS, PERFORMANCE = "dose_summaries.csv", "performance_statuses.csv"
RADIOTHERAPIES, RETREATMENTS = "radiotherapies.csv", "retreatments.csv"
WITHDRAWALS, LOSSES, PATIENTS = "withdrawals.csv", "losses_to_follow_up.csv", "patients.csv"

CAUGHT_IN_OPTIONAL: list[Case] = [
    ([Remove(TUMOURS), Remove(LOSSES)], []),
    ([Drop(DELIVERIES)], []),
    ([Bytes(DELIVERIES, b"")], [("KD-FILE-EMPTY", DELIVERIES, None, "")]),
    ([Put(TUMOURS, 2, "icd10_code", "breast")], [("KD-CODE", TUMOURS, 2, "icd10_code")]),
    ([Put(TUMOURS, 2, "icd10_code", "c50.4")], [("KD-CODE-SPELLING", TUMOURS, 2, "icd10_code")]),
    ([Put(TUMOURS, 2, "icd10_code", "C79.5")], [("KD-ROW", TUMOURS, 2, "")]),
    ([Put(CONSENTS, 2, "patient_id", "P99")], [("KD-ORPHAN", CONSENTS, 2, "patient_id")]),
    ([Again(CONSENTS, 2)], [("KD-REPEATED", CONSENTS, 9, "")]),
    ([Again(CONSENTS, 2, given="no")], [("KD-DUPLICATE", CONSENTS, 9, "given")]),
    (
        [Put(TRIALS, 2, "randomisation_date", "2017-04-17")],
        [("KD-ROW", TRIALS, 2, "")],
    ),
    (
        [Put(PROCEDURES, 2, "procedure_date", "2017-03-09")],
        [("KD-PROCEDURE-UNKNOWN", PROCEDURES, 2, "procedure_date")],
    ),
    (
        [Put(PROCEDURES, 2, "procedure_date", "2016-03-08")],
        [("KD-DATE-EARLY", PROCEDURES, 2, "procedure_date")],
    ),
    (
        [Put(PLANS, 2, "procedure_date", "2019-01-29")],
        [("KD-PROCEDURE-UNKNOWN", PLANS, 2, "procedure_date")],
    ),
    ([Put(BASELINES, 2, "level", "L2")], [("KD-LEVEL-UNTREATED", BASELINES, 2, "level")]),
    ([Put(BASELINES, 2, "sins_total", "3")], [("KD-ROW", BASELINES, 2, "")]),
    ([Put(BASELINES, 2, "sins_total", "19")], [("KD-RANGE", BASELINES, 2, "sins_total")]),
    ([Put(DELIVERIES, 9, "not_delivered_reason", "")], [("KD-ROW", DELIVERIES, 9, "")]),
    ([Put(DELIVERIES, 2, "planned_s", "0")], [("KD-RANGE", DELIVERIES, 2, "planned_s")]),
    ([Put(PERFORMANCE, 2, "karnofsky", "75")], [("KD-RANGE", PERFORMANCE, 2, "karnofsky")]),
    ([Put(PERFORMANCE, 2, "karnofsky", "")], [("KD-ROW", PERFORMANCE, 2, "")]),
    (
        [Put(RADIOTHERAPIES, 2, "start_date", "2020-10-01")],
        [("KD-DATE-LATE", RADIOTHERAPIES, 2, "start_date")],
    ),
    (
        [Put(RETREATMENTS, 2, "retreatment_date", "2018-10-09")],
        [("KD-RETREATMENT-DIFFERS", RETREATMENTS, 2, "retreatment_date")],
    ),
    (
        [Put(RETREATMENTS, 2, "retreatment_date", "2017-09-10")],
        [
            ("KD-DATE-EARLY", RETREATMENTS, 2, "retreatment_date"),
        ],
    ),
    ([Put(EVENTS, 2, "seriousness", "disability")], [("KD-ROW", EVENTS, 2, "")]),
    ([Put(VISITS, 2, "trigger", "pain")], [("KD-ROW", VISITS, None, "")]),
    ([Put(PATIENTS, 2, "cause_of_death", "tumour")], [("KD-ROW", PATIENTS, 2, "")]),
    (
        [Put(WITHDRAWALS, 2, "withdrawal_date", "2018-01-01")],
        [("KD-AFTER-WITHDRAWAL", VISITS, 5, "visit_date")],
    ),
    (
        [Put(LOSSES, 2, "loss_date", "2018-06-10")],
        [("KD-AFTER-WITHDRAWAL", VISITS, 22, "visit_date")],
    ),
    (
        [Put(LOSSES, 2, "loss_date", "2021-06-10")],
        [("KD-AFTER-CUT-OFF", LOSSES, 2, "loss_date")],
    ),
]
