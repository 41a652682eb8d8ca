"""The endpoints of the field, each declared once."""

from kyphort.endpoints import sources
from kyphort.endpoints.declaration import Endpoint, Source
from kyphort.protocol import CensoringRule, DeathRule, IndeterminateRule, RetreatmentRule, Unit

CENSORED, EVENT, DEATH, RETREATMENT = 0, 1, 2, 3
"""Codes of the rows."""

_RETREATMENT_CODES = {
    RetreatmentRule.COMPETES: RETREATMENT,
    RetreatmentRule.CENSORS: CENSORED,
    RetreatmentRule.COUNTS: EVENT,
}
_RETREATMENT_NAMES = {
    RetreatmentRule.COMPETES: "competes",
    RetreatmentRule.CENSORS: "censors",
    RetreatmentRule.COUNTS: "counts as failure",
}
_UNIT_NAMES = {
    Unit.VERTEBRA: "treated vertebra, from the procedure at that level",
    Unit.PATIENT: "patient, from the first procedure",
}
_PROGRESSION_NAMES = {
    IndeterminateRule.BACKDATE: "the first assessment with local progression, dated at the first "
    "of the indeterminate scans that led to it",
    IndeterminateRule.FIRST_DEFINITE: "the first assessment with definite local progression",
}
_CENSORING_NAMES = {
    CensoringRule.LAST_ASSESSMENT: "last assessment of the level",
    CensoringRule.LAST_CONTACT_OR_DEATH: "last contact or death",
}
_TUMOUR = (sources.LAST_ASSESSMENT_OF_TUMOUR, sources.NEVER_ASSESSED)
_FRACTURE = (sources.LAST_ASSESSMENT_OF_FRACTURE, sources.NEVER_ASSESSED)
_ALIVE = (sources.WITHDRAWN, sources.LOST, sources.LAST_CONTACT)
_CONTACT = (sources.DEATH, *_ALIVE)


def overall_survival() -> Endpoint:
    """Declare overall survival: from the first procedure to death of any cause.

    >>> overall_survival().unit
    <Unit.PATIENT: 'patient'>
    """
    return Endpoint(
        "overall_survival",
        "Overall survival",
        "Per patient, from the first procedure to death of any cause; censored at the last "
        "contact.",
        Unit.PATIENT,
        events=((EVENT, sources.DEATH),),
        censoring=_ALIVE,
    )


def local_control(
    *,
    unit: Unit = Unit.VERTEBRA,
    censoring: CensoringRule = CensoringRule.LAST_ASSESSMENT,
    death: DeathRule = DeathRule.COMPETES,
    retreatment: RetreatmentRule = RetreatmentRule.COMPETES,
    indeterminate: IndeterminateRule = IndeterminateRule.BACKDATE,
) -> Endpoint:
    """Declare local control: from a level's procedure to its first local progression.

    Death has code 2 where it competes, retreatment without progression code 3. The founding
    paper's Kaplan–Meier reading, doi:10.1186/s13014-020-01715-z, is
    `censoring="last_contact_or_death"`, `death="censors"`. The unit `patient` takes the first
    progression at any treated level.

    >>> [code for code, source in local_control().events]
    [1, 3, 2]
    """
    events: list[tuple[int, Source]] = [
        (EVENT, sources.progression(indeterminate)),
        (_RETREATMENT_CODES[retreatment], sources.RETREATMENT),
    ]
    if death is DeathRule.COMPETES:
        events.append((DEATH, sources.DEATH))
    return Endpoint(
        "local_control",
        "Local control",
        f"Per {_UNIT_NAMES[unit]} to {_PROGRESSION_NAMES[indeterminate]}; retreatment without "
        f"progression {_RETREATMENT_NAMES[retreatment]}, death {death}; censored at the "
        f"{_CENSORING_NAMES[censoring]}.",
        unit,
        events=tuple(events),
        censoring=_TUMOUR if censoring is CensoringRule.LAST_ASSESSMENT else _CONTACT,
    )


def lpfs_seed() -> Endpoint:
    """Declare local progression-free survival that does not count death as an endpoint.

    The definition behind the 97.5, 93.8 and 93.8 % at 3, 6 and 12 months that the founding paper
    quotes from the phase I/II trial. The quotation names no unit; this is per patient.

    >>> [code for code, source in lpfs_seed().events]
    [1]
    """
    return Endpoint(
        "lpfs_seed",
        "Local progression-free survival, death censored",
        "Per patient, from the first procedure to the first local progression at any treated "
        "level; censored at death or last contact.",
        Unit.PATIENT,
        events=((EVENT, sources.progression()),),
        censoring=_CONTACT,
    )


def lpfs_composite() -> Endpoint:
    """Declare local progression-free survival in the usual sense: progression or death.

    >>> [code for code, source in lpfs_composite().events]
    [1, 1]
    """
    return Endpoint(
        "lpfs_composite",
        "Local progression-free survival",
        "Per patient, from the first procedure to the first local progression at any treated "
        "level or death of any cause; censored at the last contact.",
        Unit.PATIENT,
        events=((EVENT, sources.progression()), (EVENT, sources.DEATH)),
        censoring=_ALIVE,
    )


def vertebral_compression_fracture() -> Endpoint:
    """Declare compression fracture of a treated vertebra; death competes.

    >>> vertebral_compression_fracture().unit
    <Unit.VERTEBRA: 'vertebra'>
    """
    return Endpoint(
        "vertebral_compression_fracture",
        "Compression fracture of the treated vertebra",
        "Per treated vertebra, from the procedure at that level to the first assessment with a "
        "new compression fracture; death competes; censored at the last assessment of the level.",
        Unit.VERTEBRA,
        events=((EVENT, sources.NEW_FRACTURE), (DEATH, sources.DEATH)),
        censoring=_FRACTURE,
    )
