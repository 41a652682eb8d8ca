"""Other spellings that are understood: levels, codes, yes and no."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from kyphort.clinical import (
    ADJUDICATED,
    Anaesthesia,
    Approach,
    CauseOfDeath,
    Cement,
    CodeSystem,
    Confirmation,
    ConsentPurpose,
    EventCause,
    Finding,
    Fulfilment,
    LocalStatus,
    LossReason,
    Modality,
    NeurologicalScale,
    NotDelivered,
    Relatedness,
    RetreatmentKind,
    RetreatmentReason,
    Seriousness,
    Setting,
    Sex,
    SpinalLevel,
    Technique,
    TherapyKind,
    VisitKind,
    VisitTrigger,
    VitalStatusSource,
    WithdrawalForm,
)
from kyphort.clinical.scales import (
    SinsAlignment,
    SinsCollapse,
    SinsLesion,
    SinsPain,
    SinsPosterolateral,
)

_LEVEL = re.compile(r"(hwk|bwk|lwk|swk|th|c|t|d|l|s)[\s.\-_]{0,3}0?([0-9]{1,2})", re.ASCII)
_LETTER = {"hwk": "C", "bwk": "T", "lwk": "L", "swk": "S", "th": "T", "d": "T"}

YES = ("yes", "y", "ja", "j", "true", "wahr", "1")
NO = ("no", "n", "nein", "false", "falsch", "0")
UNKNOWN = ("unknown", "unbekannt", "u")
_OTHER = ("andere", "anderes", "sonstige")

_OTHER_WORDS: Mapping[type[StrEnum], Mapping[str, tuple[str, ...]]] = {
    Sex: {
        Sex.FEMALE: ("f", "w", "weiblich", "woman", "frau"),
        Sex.MALE: ("m", "männlich", "maennlich", "man", "mann"),
        Sex.DIVERSE: ("d", "x", "divers"),
        Sex.UNKNOWN: UNKNOWN,
    },
    Modality: {Modality.CT: ("computed_tomography",), Modality.MRI: ("mr", "mrt")},
    VisitKind: {
        VisitKind.BASELINE: ("ausgangswert",),
        VisitKind.PLANNED: ("geplant", "scheduled"),
        VisitKind.UNSCHEDULED: ("ungeplant", "unplanned"),
    },
    LocalStatus: {
        LocalStatus.NONE: ("keine", "kein"),
        LocalStatus.PROGRESSION: ("progress", "progredienz", "recurrence", "rezidiv"),
        LocalStatus.INDETERMINATE: ("unklar", "unclear"),
        LocalStatus.NOT_ASSESSABLE: ("nicht_beurteilbar",),
    },
    Finding: {
        Finding.PRESENT: YES,
        Finding.ABSENT: NO,
        Finding.NOT_ASSESSED: ("nicht_beurteilt",),
    },
    Relatedness: {Relatedness.UNKNOWN: UNKNOWN},
    VisitTrigger: {
        VisitTrigger.PAIN: ("schmerz", "schmerzen"),
        VisitTrigger.NEUROLOGY: ("neurologie",),
        VisitTrigger.SUSPECTED_PROGRESSION: ("progressverdacht",),
        VisitTrigger.SUSPECTED_FRACTURE: ("frakturverdacht",),
        VisitTrigger.COMPLICATION: ("komplikation",),
        VisitTrigger.OTHER: _OTHER,
    },
    VitalStatusSource: {
        VitalStatusSource.VISIT: ("vorstellung",),
        VitalStatusSource.FAMILY: ("familie", "angehörige"),
        VitalStatusSource.PHYSICIAN: ("arzt", "hausarzt"),
        VitalStatusSource.CIVIL_REGISTRY: ("einwohnermeldeamt", "standesamt"),
        VitalStatusSource.CANCER_REGISTRY: ("krebsregister",),
        VitalStatusSource.OTHER: _OTHER,
    },
    CauseOfDeath: {
        CauseOfDeath.TUMOUR: ("tumor",),
        CauseOfDeath.TREATMENT: ("behandlung", "therapie"),
        CauseOfDeath.OTHER: _OTHER,
        CauseOfDeath.UNKNOWN: UNKNOWN,
    },
    CodeSystem: {
        CodeSystem.ICD10_WHO: ("who",),
        CodeSystem.ICD10_GM: ("gm",),
        CodeSystem.ICD10_CM: ("cm",),
    },
    Confirmation: {
        Confirmation.HISTOLOGY: ("histologie", "histologisch"),
        Confirmation.CYTOLOGY: ("zytologie", "zytologisch"),
        Confirmation.IMAGING: ("bildgebung",),
        Confirmation.CLINICAL: ("klinisch",),
        Confirmation.UNKNOWN: UNKNOWN,
    },
    ConsentPurpose: {
        ConsentPurpose.REGISTRY: ("register",),
        ConsentPurpose.TRIAL: ("studie",),
        ConsentPurpose.CONTACT: ("kontakt",),
        ConsentPurpose.DATA_SHARING: ("datenweitergabe",),
    },
    Fulfilment: {
        Fulfilment.MET: ("erfüllt", "erfuellt", *YES),
        Fulfilment.NOT_MET: ("nicht_erfüllt", "nicht_erfuellt", *NO),
        Fulfilment.UNKNOWN: UNKNOWN,
    },
    Anaesthesia: {
        Anaesthesia.GENERAL: ("vollnarkose", "itn"),
        Anaesthesia.SEDATION: ("sedierung",),
        Anaesthesia.LOCAL: ("lokal", "lokalanästhesie"),
    },
    Approach: {
        Approach.UNIPEDICULAR: ("unipedikulär",),
        Approach.BIPEDICULAR: ("bipedikulär",),
        Approach.EXTRAPEDICULAR: ("extrapedikulär",),
        Approach.OPEN: ("offen",),
    },
    Cement: {
        Cement.PMMA: ("zement",),
        Cement.OTHER: _OTHER,
        Cement.NONE: ("keiner", "kein"),
    },
    Setting: {
        Setting.ON_TRIAL: ("innerhalb", "in_studie"),
        Setting.OFF_TRIAL: ("außerhalb", "ausserhalb"),
    },
    SinsPain: {
        SinsPain.MECHANICAL: ("mechanisch",),
        SinsPain.OCCASIONAL_NON_MECHANICAL: ("gelegentlich",),
        SinsPain.NONE: ("keiner", "kein"),
    },
    SinsLesion: {
        SinsLesion.LYTIC: ("lytisch", "osteolytisch"),
        SinsLesion.MIXED: ("gemischt",),
        SinsLesion.BLASTIC: ("blastisch", "osteoblastisch"),
    },
    SinsAlignment: {
        SinsAlignment.SUBLUXATION_TRANSLATION: ("subluxation",),
        SinsAlignment.NEW_DEFORMITY: ("neue_deformität",),
        SinsAlignment.NORMAL: ("unauffällig",),
    },
    SinsCollapse: {
        SinsCollapse.MORE_THAN_HALF: (">50%",),
        SinsCollapse.LESS_THAN_HALF: ("<50%",),
        SinsCollapse.NONE: ("keiner", "kein"),
    },
    SinsPosterolateral: {
        SinsPosterolateral.BILATERAL: ("beidseitig",),
        SinsPosterolateral.UNILATERAL: ("einseitig",),
        SinsPosterolateral.NONE: ("keiner", "keine", "kein"),
    },
    Technique: {
        Technique.CONVENTIONAL: ("konventionell",),
        Technique.STEREOTACTIC: ("stereotaktisch", "sbrt"),
        Technique.BRACHYTHERAPY: ("brachytherapie",),
        Technique.PARTICLE: ("partikel", "protonen"),
        Technique.UNKNOWN: UNKNOWN,
    },
    NotDelivered: {
        NotDelivered.ACCESS: ("zugang",),
        NotDelivered.ANATOMY: ("anatomie",),
        NotDelivered.DEVICE: ("gerät", "geraet"),
        NotDelivered.ANAESTHESIA: ("narkose",),
        NotDelivered.OTHER: _OTHER,
    },
    NeurologicalScale: {NeurologicalScale.AIS: ("asia",)},
    EventCause: {
        EventCause.IRRADIATION: ("bestrahlung",),
        EventCause.KYPHOPLASTY: ("kyphoplastie",),
        EventCause.CEMENT: ("zement",),
        EventCause.ANAESTHESIA: ("narkose",),
        EventCause.TUMOUR: ("tumor",),
        EventCause.OTHER: _OTHER,
        EventCause.UNKNOWN: UNKNOWN,
    },
    Seriousness: {
        Seriousness.DEATH: ("tod",),
        Seriousness.LIFE_THREATENING: ("lebensbedrohlich",),
        Seriousness.HOSPITALISATION: ("krankenhaus", "hospitalization"),
        Seriousness.DISABILITY: ("behinderung",),
    },
    TherapyKind: {
        TherapyKind.CHEMOTHERAPY: ("chemotherapie",),
        TherapyKind.ENDOCRINE: ("hormontherapie", "endokrin"),
        TherapyKind.TARGETED: ("zielgerichtet",),
        TherapyKind.IMMUNOTHERAPY: ("immuntherapie",),
        TherapyKind.BONE_MODIFYING: ("osteoprotektiv",),
        TherapyKind.RADIONUCLIDE: ("radionuklid",),
        TherapyKind.OTHER: _OTHER,
    },
    RetreatmentKind: {
        RetreatmentKind.SURGERY: ("operation", "op"),
        RetreatmentKind.RADIOTHERAPY: ("strahlentherapie", "bestrahlung"),
        RetreatmentKind.AUGMENTATION: ("kyphoplastie", "vertebroplastie"),
        RetreatmentKind.OTHER: _OTHER,
    },
    RetreatmentReason: {
        RetreatmentReason.PROGRESSION: ("progress", "progredienz", "rezidiv"),
        RetreatmentReason.FRACTURE: ("fraktur",),
        RetreatmentReason.PAIN: ("schmerz", "schmerzen"),
        RetreatmentReason.NEUROLOGY: ("neurologie",),
        RetreatmentReason.OTHER: _OTHER,
        RetreatmentReason.UNKNOWN: UNKNOWN,
    },
    WithdrawalForm: {
        WithdrawalForm.STOP_FOLLOW_UP: ("nachsorge_beenden",),
        WithdrawalForm.STOP_USE: ("nutzung_beenden",),
        WithdrawalForm.ERASE: ("löschen", "loeschen"),
    },
    LossReason: {
        LossReason.MOVED: ("verzogen",),
        LossReason.NOT_REACHED: ("nicht_erreicht",),
        LossReason.OTHER_CENTRE: ("anderes_zentrum",),
        LossReason.OTHER: _OTHER,
        LossReason.UNKNOWN: UNKNOWN,
    },
}

_ADJUDICATED = ("adjudication", "consensus", "konsens")


def level_spelt_otherwise(text: str) -> SpinalLevel | None:
    """Return the level that `text` means, None when it means none.

    >>> [str(level_spelt_otherwise(text)) for text in ("Th12", "TH 12", "D12", "LWK 3", "L7")]
    ['T12', 'T12', 'T12', 'L3', 'None']
    """
    match = _LEVEL.fullmatch(text.casefold())
    if match is None:
        return None
    letter = _LETTER.get(match[1], match[1].upper())
    name = f"{letter}{int(match[2])}"
    return SpinalLevel(name) if name in SpinalLevel.__members__ else None


def words_for(codes: type[StrEnum]) -> dict[str, StrEnum]:
    """Return every spelling of the codes, folded by `fold`, with the code it means."""
    words = {fold(code.value): code for code in codes}
    for value, others in _OTHER_WORDS.get(codes, {}).items():
        words.update(dict.fromkeys(others, codes(value)))
    return words


def other_words(codes: type[StrEnum]) -> dict[str, tuple[str, ...]]:
    """Return what else is understood for each code."""
    return {
        str(value): tuple(word for word in words if word != value)
        for value, words in _OTHER_WORDS.get(codes, {}).items()
    }


def reader_spelt_otherwise(text: str) -> str:
    """Return the reader's name; the words for a settled reading become `adjudicated`.

    >>> reader_spelt_otherwise("Consensus"), reader_spelt_otherwise("Reader A")
    ('adjudicated', 'Reader A')
    """
    return ADJUDICATED if fold(text) in {ADJUDICATED, *_ADJUDICATED} else text


def fold(text: str) -> str:
    """Return `text` without differences of case, blanks, hyphens and composed letters.

    >>> fold("Not-Assessable") == fold("not_assessable")
    True
    """
    composed = unicodedata.normalize("NFC", text).casefold()
    return re.sub(r"[\s\-_]+", "_", composed.strip())
