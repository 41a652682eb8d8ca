"""The records, declared once: files, tables and forms are made from this list.

The reader and writer of the CSV set, the data dictionary, the tables of the registry and the forms
of other programs take from here what a record is called, which fields it has, what they mean, and
what belongs to what. The types, and what a value may be, are those of the record's own class.
"""

from collections.abc import Callable, Mapping

from kyphort.clinical.baseline import Baseline, Radiotherapy
from kyphort.clinical.dose_summary import DoseSummary
from kyphort.clinical.ending import LossToFollowUp, Withdrawal
from kyphort.clinical.followup import AdverseEvent, LevelAssessment, Visit
from kyphort.clinical.history import (
    Consent,
    EligibilityEntry,
    PrimaryTumour,
    TrialMembership,
)
from kyphort.clinical.patient import Patient
from kyphort.clinical.procedure import Delivery, Procedure
from kyphort.clinical.record_type import (
    ALWAYS,
    NEVER,
    End,
    FieldKind,
    RecordField,
    RecordType,
    Row,
    Start,
    inherited,
    said,
)
from kyphort.clinical.status import NeurologicalStatus, PerformanceStatus
from kyphort.clinical.therapy import Retreatment, SystemicTherapy
from kyphort.clinical.treatment import TreatedVertebra

__all__ = [
    "ALWAYS",
    "NEVER",
    "RECORDS",
    "End",
    "FieldKind",
    "RecordField",
    "RecordType",
    "Row",
    "Start",
    "record_type",
    "record_type_of",
]

_Field = Callable[[type, bool], RecordField]

_PATIENT_ID = said(
    "patient_id",
    "Pseudonym of the patient; never a name, a date of birth or a hospital number",
    "P017",
)
_TREATED_LEVEL = said("level", "Vertebra, one of those treated", "T12")
_PRESCRIPTION = (
    said("dose_gy", "Prescribed dose", "8", "Gy"),
    said(
        "distance_mm",
        "Distance at which the dose is prescribed, from its reference",
        "13",
        "mm",
    ),
    said(
        "distance_reference",
        "Point from which the distance is measured",
        "isocentre",
        required=ALWAYS,
    ),
    said(
        "reporting_quantity",
        "Which dose is meant: to water, to the medium, to water in the medium",
        "water",
        required=ALWAYS,
    ),
    said(
        "calibration_dataset",
        "Dose-rate table of the source; nominal doses of different tables do not pool",
        "V4.0",
        required="when the record says so",
        may_be_absent=False,
    ),
)
_STATUS = "tumour, as read on this imaging"


def _record(
    name: str,
    record_class: type,
    row_is: str,
    key: tuple[str, ...],
    declared: tuple[_Field, ...],
    *,
    plural: str = "",
    parent: str = "patient",
    within: str = "",
    is_optional: bool = True,
) -> RecordType:
    resolved = tuple(one(record_class, is_optional) for one in declared)
    return RecordType(
        name, plural or f"{name}s", record_class, row_is, key, parent, resolved, within, is_optional
    )


_PATIENT = _record(
    "patient",
    Patient,
    "one patient",
    ("patient_id",),
    (
        said(
            "patient_id",
            "Pseudonym of the patient; never a name, a date of birth or a hospital number; unique",
            "P017",
        ),
        said("sex", "Sex as recorded by the centre", "female"),
        said("age_years", "Completed years at the first procedure", "63", "years"),
        said("entity", "Primary tumour; `unknown` if it is", "Breast cancer"),
        said(
            "last_contact_date",
            "Last day on which the patient is known to have been alive, or the date of death",
            "2016-11-30",
            not_before=Start.FIRST_PROCEDURE,
        ),
        said(
            "death_date",
            "Date of death; equals last_contact_date",
            "2016-11-30",
            required="when the patient died",
        ),
        said(
            "death_relatedness",
            "Whether the death is judged to have been caused by the procedure",
            "unrelated",
            required="when the patient died; empty counts as unknown, with a warning",
        ),
        said(
            "vital_status_source",
            "Who says that the patient was alive on the last contact, or died",
            "civil_registry",
            may_be_absent=True,
        ),
        said(
            "cause_of_death",
            "Cause of death",
            "tumour",
            required="never; only for a patient who died",
            may_be_absent=True,
        ),
    ),
    parent="",
    is_optional=False,
)

_VERTEBRA = _record(
    "vertebra",
    TreatedVertebra,
    "one treated vertebra",
    ("patient_id", "level"),
    (
        _PATIENT_ID,
        said("level", "Treated vertebra; unique for the patient", "T12"),
        said(
            "procedure_date",
            "Date of the procedure at this level",
            "2015-07-04",
            not_after=End.LAST_CONTACT,
        ),
        *_PRESCRIPTION,
        said(
            "preexisting_fracture",
            "Whether the vertebra was fractured before the procedure",
            "no",
            required="never; empty means unknown",
        ),
        said(
            "retreatment_date",
            "First later local treatment of the level (surgery, radiotherapy)",
            "2016-05-19",
            required="when the level was treated again",
            not_before=Start.OWN_PROCEDURE,
            not_after=End.LAST_CONTACT,
        ),
    ),
    plural="vertebrae",
    is_optional=False,
)

_VISIT = _record(
    "visit",
    Visit,
    "one treated level at one visit, as one reader saw it; a visit without imaging has one row",
    ("patient_id", "visit_date"),
    (
        _PATIENT_ID,
        said(
            "visit_date",
            "Date of the visit; one visit a day",
            "2015-10-05",
            not_after=End.LAST_CONTACT,
        ),
        said(
            "kind",
            "Whether the schedule asked for the visit; a baseline may precede the procedure",
            "planned",
        ),
        said("modality", "Imaging of the visit", "MRI"),
        said(
            "pain_nrs",
            "Worst pain of the last day at the treated site, the same in all rows of a visit",
            "3",
            "NRS",
            may_be_absent=True,
            path="pain.nrs",
        ),
        said(
            "omed_mg",
            "Daily oral morphine equivalent dose, the same in all rows of a visit",
            "40",
            "mg per day",
            may_be_absent=True,
        ),
        said(
            "trigger",
            "What led to the visit, the same in all its rows",
            "pain",
            required="never; only for an unscheduled visit",
            may_be_absent=True,
        ),
    ),
    is_optional=False,
)

_ASSESSMENT = _record(
    "assessment",
    LevelAssessment,
    "one treated level at one visit, as one reader saw it",
    ("patient_id", "visit_date", "level", "reader"),
    (
        inherited(_VISIT.by_name["patient_id"]),
        inherited(_VISIT.by_name["visit_date"]),
        said(
            "level",
            "Assessed vertebra, one of those treated",
            "T12",
            required="when imaging was read; empty for a visit without it (pain only)",
        ),
        said(
            "local_status",
            f"Within the treated vertebra: {_STATUS}",
            "none",
            required="when there is a level",
        ),
        said(
            "new_fracture",
            "Compression fracture of the treated vertebra since the procedure",
            "absent",
            required="never; empty means not_assessed",
        ),
        said(
            "adjacent_fracture",
            "Compression fracture of a neighbouring vertebra since the procedure",
            "absent",
            required="never; empty means not_assessed",
        ),
        said(
            "epidural_status",
            f"In the canal at the height of the treated vertebra: {_STATUS}",
            "none",
            required="never; empty means not_assessable",
            may_be_absent=True,
        ),
        said(
            "adjacent_status",
            f"In a neighbouring vertebra: {_STATUS}",
            "none",
            required="never; empty means not_assessable",
            may_be_absent=True,
        ),
        said(
            "reader",
            "Who read the imaging, under a pseudonym",
            "A",
            required="when several readers assess one level",
            may_be_absent=True,
        ),
    ),
    parent="visit",
    within="assessments",
    is_optional=False,
)

_ADVERSE_EVENT = _record(
    "adverse_event",
    AdverseEvent,
    "one adverse event",
    ("patient_id", "onset_date", "term"),
    (
        _PATIENT_ID,
        said(
            "onset_date",
            "First day of the event",
            "2015-07-06",
            not_before=Start.FIRST_PROCEDURE,
            not_after=End.LAST_CONTACT,
        ),
        said("term", "What happened, as a CTCAE term", "Wound infection"),
        said("ctcae_grade", "Grade by the version named beside it", "2"),
        said("ctcae_version", "Version of CTCAE", "5.0", required=NEVER),
        said("serious", "Whether it was a serious adverse event", "no"),
        said(
            "relatedness",
            "Whether it is judged to have been caused by the procedure",
            "related",
        ),
        said(
            "resolved_date",
            "Day on which the event was over",
            "2015-07-20",
            required="when it is over",
        ),
        said(
            "clavien_dindo",
            "Clavien–Dindo grade of a surgical complication, without the suffix d",
            "II",
            path="clavien_dindo.grade",
            may_be_absent=True,
        ),
        said(
            "lasting_disability",
            "Whether a disability remains, the suffix d of Clavien–Dindo",
            "no",
            path="clavien_dindo.disability",
            may_be_absent=True,
        ),
        said(
            "seriousness",
            "By which criterion the event is serious",
            "hospitalisation",
            required="never; only for a serious event",
            may_be_absent=True,
        ),
        said("cause", "To what the event is judged to be related", "kyphoplasty",
             may_be_absent=True),
    ),
    is_optional=False,
)  # fmt: skip

RECORDS: tuple[RecordType, ...] = (
    _PATIENT,
    _VERTEBRA,
    _VISIT,
    _ASSESSMENT,
    _ADVERSE_EVENT,
    _record(
        "primary_tumour",
        PrimaryTumour,
        "one primary tumour of one patient",
        ("patient_id", "icd10_code"),
        (
            _PATIENT_ID,
            said("icd10_code", "ICD-10 code of the primary tumour, not of the metastasis", "C50.4"),
            said("code_system", "Edition of ICD-10 that the code is taken from", "icd10_gm"),
            said("topography", "ICD-O-3 topography", "C50.4"),
            said("morphology", "ICD-O-3 morphology with behaviour", "8500/3"),
            said("confirmation", "How the tumour is known", "histology"),
            said("diagnosis_date", "Date of the first diagnosis", "2009-02-11"),
        ),
    ),
    _record(
        "consent",
        Consent,
        "one answer to one question of consent",
        ("patient_id", "purpose", "consent_date"),
        (
            _PATIENT_ID,
            said("purpose", "What the patient was asked to agree to", "registry"),
            said("consent_date", "Date of the answer", "2015-06-29"),
            said("given", "Whether the patient agreed", "yes"),
            said("form_version", "Version of the form", "2.1"),
        ),
    ),
    _record(
        "trial_membership",
        TrialMembership,
        "one patient in one trial",
        ("patient_id", "trial"),
        (
            _PATIENT_ID,
            said("trial", "Registration number of the trial", "NCT02773966"),
            said("arm", "Arm, as the protocol names it", "A"),
            said("enrolment_date", "Date of enrolment", "2016-06-20"),
            said("randomisation_date", "Date of randomisation", "2016-06-22"),
        ),
    ),
    _record(
        "eligibility_entry",
        EligibilityEntry,
        "what was entered about one rule of a protocol for one patient",
        ("patient_id", "protocol", "rule"),
        (
            _PATIENT_ID,
            said("protocol", "Protocol, by its id in kyphort", "nct02773966"),
            said("rule", "Rule of the protocol, by its id", "age"),
            said("entry_date", "Date of the entry", "2016-06-20"),
            said(
                "answer",
                "Answer by hand, where no record can answer the rule",
                "met",
                required="when there is no deviation",
            ),
            said(
                "deviation",
                "Why the patient was treated although the rule is not met",
                "aged 48, decided by the tumour board",
                required="when there is no answer",
            ),
            said("entered_by", "Who entered it, under a pseudonym", "A"),
        ),
        plural="eligibility_entries",
    ),
    _record(
        "procedure",
        Procedure,
        "one operation of one patient, of one or several levels",
        ("patient_id", "procedure_date"),
        (
            _PATIENT_ID,
            said(
                "procedure_date",
                "Date of the procedure, that of one of the treated vertebrae",
                "2015-07-04",
                not_before=Start.FIRST_PROCEDURE,
                not_after=End.LAST_CONTACT,
            ),
            said("anaesthesia", "Anaesthesia", "general"),
            said("approach", "Way of the needle", "bipedicular"),
            said("cement", "What the vertebral bodies were filled with", "pmma"),
            said("cement_ml", "Cement of all levels together", "4.5", "ml"),
            said("duration_min", "Duration from incision to closure", "70", "min"),
            said("setting", "Whether the procedure belonged to a trial", "off_trial"),
        ),
    ),
    _record(
        "baseline",
        Baseline,
        "the state of one vertebra before its treatment",
        ("patient_id", "level"),
        (
            _PATIENT_ID,
            _TREATED_LEVEL,
            said("assessed_date", "Date of the assessment", "2015-06-29"),
            said("tomita_type", "Tomita's surgical classification (not his score)", "1"),
            said("sins_pain", "SINS: pain", "mechanical"),
            said("sins_lesion", "SINS: bone lesion", "lytic"),
            said("sins_alignment", "SINS: alignment", "normal"),
            said("sins_collapse", "SINS: collapse of the body", "less_than_half"),
            said("sins_posterolateral", "SINS: posterolateral involvement", "none"),
            said(
                "sins_total",
                "SINS: sum, where the items are not known; with them it must agree",
                "10",
                "points",
            ),
            said("escc", "Epidural spinal cord compression by Bilsky", "1a"),
            said("painful", "Whether the vertebra is painful", "yes"),
            said("unstable", "Whether the vertebra is judged unstable", "no"),
            said("lesion_mm", "Largest diameter of the lesion", "18", "mm"),
        ),
        parent="vertebra",
    ),
    _record(
        "radiotherapy",
        Radiotherapy,
        "one course of other radiotherapy to a treated vertebra, before or after its procedure",
        ("patient_id", "level", "start_date"),
        (
            _PATIENT_ID,
            _TREATED_LEVEL,
            said(
                "start_date",
                "First day of the course; before the procedure it is a prior one",
                "2013-03-04",
                not_after=End.LAST_CONTACT,
            ),
            said("dose_gy", "Total dose", "30", "Gy"),
            said("fractions", "Number of fractions", "10"),
            said("technique", "Kind of radiotherapy", "conventional"),
        ),
        plural="radiotherapies",
        parent="vertebra",
    ),
    _record(
        "delivery",
        Delivery,
        "the irradiation of one vertebra: delivered, or not and why",
        ("patient_id", "level"),
        (
            _PATIENT_ID,
            _TREATED_LEVEL,
            said("delivered", "Whether the irradiation was delivered, at least in part", "yes"),
            said(
                "not_delivered_reason",
                "Why it was not delivered",
                "access",
                required="when it was not delivered",
            ),
            said("source_serial", "Serial number of the source", "XRS-507"),
            said("applicator_serial", "Serial number of the applicator", "NA-0123"),
            said(
                "output_percent",
                "Measured output of the day, of the expected one",
                "100.4",
                "%",
            ),
            said("isotropy_percent", "Largest deviation from isotropy", "3.1", "%"),
            said("straightness_mm", "Deviation of the probe from its axis", "0.1", "mm"),
            said("planned_s", "Planned irradiation time", "127.4", "s"),
            said("delivered_s", "Delivered irradiation time", "127.4", "s"),
            said(
                "interrupted_at_s",
                "Irradiation time at which it was interrupted",
                "61",
                "s",
                required="when it was interrupted",
            ),
            said(
                "resumed",
                "Whether it went on",
                "yes",
                required="when it was interrupted; empty means unknown",
            ),
            said("pause_s", "Time from the interruption until it went on", "90", "s"),
        ),
        plural="deliveries",
        parent="vertebra",
    ),
    _record(
        "dose_summary",
        DoseSummary,
        "what the accepted plan says of one treated vertebra",
        ("patient_id", "level"),
        (
            _PATIENT_ID,
            _TREATED_LEVEL,
            said(
                "procedure_date",
                "Date of the procedure at this level",
                "2015-07-04",
                not_after=End.LAST_CONTACT,
            ),
            *_PRESCRIPTION,
            said(
                "irradiation_time_s",
                "Irradiation time that gives the prescription",
                "127.4",
                "s",
            ),
            said("source_model", "Model of the source", "INTRABEAM needle"),
            said("plan_hash", "SHA-256 of the accepted plan, in hexadecimal", "0" * 64),
            said("plan_date", "Date of the plan", "2015-07-04"),
            said("engine_version", "Version of the dose engine", "0.1.0"),
            said("lesion_quantity", "Which dose the lesion's doses are", "water_in_medium"),
            said("lesion_d90_gy", "Dose received by 90 % of the lesion", "6.1", "Gy"),
            said("lesion_d98_gy", "Dose received by 98 % of the lesion", "5.2", "Gy"),
            said("lesion_dmean_gy", "Mean dose of the lesion", "11.3", "Gy"),
            said(
                "lesion_v100_percent",
                "Part of the lesion that receives the prescribed dose",
                "78",
                "%",
            ),
            said("cord_quantity", "Which dose the cord's dose is", "water_in_medium"),
            said(
                "cord_d003cc_gy",
                "Least dose of the 0.03 cm³ of cord that receive most",
                "4.2",
                "Gy",
            ),
        ),
        plural="dose_summaries",
        parent="vertebra",
    ),
    _record(
        "neurological_status",
        NeurologicalStatus,
        "the neurological function of one patient on one day",
        ("patient_id", "assessed_date"),
        (
            _PATIENT_ID,
            said(
                "assessed_date", "Date of the examination", "2015-07-03", not_after=End.LAST_CONTACT
            ),
            said("grade", "Grade, A (complete) to E (normal)", "E"),
            said("scale", "By which scale the grade was given", "frankel"),
        ),
        plural="neurological_statuses",
    ),
    _record(
        "performance_status",
        PerformanceStatus,
        "the performance status of one patient on one day",
        ("patient_id", "assessed_date"),
        (
            _PATIENT_ID,
            said(
                "assessed_date", "Date of the assessment", "2015-07-03", not_after=End.LAST_CONTACT
            ),
            said(
                "karnofsky",
                "Karnofsky, where it was assessed",
                "80",
                "%",
                required="when there is no ecog",
            ),
            said("ecog", "ECOG, where it was assessed", "1", required="when there is no karnofsky"),
        ),
        plural="performance_statuses",
    ),
    _record(
        "systemic_therapy",
        SystemicTherapy,
        "one systemic therapy of one patient",
        ("patient_id", "start_date", "agent"),
        (
            _PATIENT_ID,
            said("start_date", "First day", "2015-08-01", not_after=End.LAST_CONTACT),
            said("agent", "What was given", "Denosumab"),
            said("kind", "Kind of therapy", "bone_modifying"),
            said("end_date", "Last day", "2016-02-01", required="when it has ended"),
        ),
        plural="systemic_therapies",
    ),
    _record(
        "retreatment",
        Retreatment,
        "one later local treatment of one treated vertebra",
        ("patient_id", "level", "retreatment_date"),
        (
            _PATIENT_ID,
            _TREATED_LEVEL,
            said(
                "retreatment_date",
                "Date of the treatment; the first is that of vertebrae.csv",
                "2016-05-19",
                not_before=Start.OWN_PROCEDURE,
                not_after=End.LAST_CONTACT,
            ),
            said("kind", "What the level was treated with", "surgery"),
            said("reason", "Why the level was treated again", "progression"),
        ),
        parent="vertebra",
    ),
    _record(
        "withdrawal",
        Withdrawal,
        "one withdrawal of one patient",
        ("patient_id", "form"),
        (
            _PATIENT_ID,
            said("form", "What the patient withdraws from", "stop_follow_up"),
            said("withdrawal_date", "Date of the withdrawal", "2016-09-01"),
            said("reason", "Reason, if the patient gave one", "too far to travel"),
        ),
    ),
    _record(
        "loss_to_follow_up",
        LossToFollowUp,
        "one patient who was given up as lost",
        ("patient_id",),
        (
            _PATIENT_ID,
            said("loss_date", "Date on which the patient was given up as lost", "2017-01-15"),
            said("reason", "Why the patient is no longer followed", "moved"),
        ),
        plural="losses_to_follow_up",
    ),
)
"""Every record of a cohort, parents before children."""

_BY_NAME: Mapping[str, RecordType] = {one.name: one for one in RECORDS}
_BY_CLASS: Mapping[type, RecordType] = {one.record_class: one for one in RECORDS}


def record_type(name: str) -> RecordType:
    """Return the declaration of a record by its name.

    >>> record_type("delivery").key, record_type("delivery").by_name["planned_s"].unit
    (('patient_id', 'level'), 's')
    """
    return _BY_NAME[name]


def record_type_of(record_class: type) -> RecordType:
    """Return the declaration of a record by its class.

    >>> record_type_of(Visit).by_name["pain_nrs"].path
    ('pain', 'nrs')
    """
    return _BY_CLASS[record_class]
