"""The endpoints of the field, each declared once."""

from enum import StrEnum

from kyphort.endpoints import sources
from kyphort.endpoints.declaration import Endpoint, Source, Unit


class CensoringRule(StrEnum):
    """Until when a row without an event is known to be free of it."""

    LAST_ASSESSMENT = "last_assessment"
    LAST_CONTACT_OR_DEATH = "last_contact_or_death"


class DeathRule(StrEnum):
    """What death does to an endpoint that it precludes."""

    COMPETES = "competes"
    CENSORS = "censors"


EVENT, DEATH, RETREATMENT = 1, 2, 3
"""Codes of the rows; 0 is censored."""

_TUMOUR = (sources.LAST_ASSESSMENT_OF_TUMOUR, sources.NEVER_ASSESSED)
_FRACTURE = (sources.LAST_ASSESSMENT_OF_FRACTURE, sources.NEVER_ASSESSED)
_CONTACT = (sources.DEATH, sources.LAST_CONTACT)


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
        censoring=(sources.LAST_CONTACT,),
    )


def local_control(
    *,
    censoring: CensoringRule = CensoringRule.LAST_ASSESSMENT,
    death: DeathRule = DeathRule.COMPETES,
) -> Endpoint:
    """Declare local control: from a level's procedure to its first assessment with progression.

    Retreatment without progression competes (code 3). Death competes (code 2) or censors. The
    founding paper's Kaplan–Meier reading, doi:10.1186/s13014-020-01715-z, is
    `censoring="last_contact_or_death"`; in it death censors.

    >>> [code for code, source in local_control().events]
    [1, 3, 2]
    """
    events: list[tuple[int, Source]] = [
        (EVENT, sources.PROGRESSION),
        (RETREATMENT, sources.RETREATMENT),
    ]
    if death is DeathRule.COMPETES:
        events.append((DEATH, sources.DEATH))
    last_assessment = censoring is CensoringRule.LAST_ASSESSMENT
    return Endpoint(
        "local_control",
        "Local control",
        "Per treated vertebra, from the procedure at that level to the first assessment with "
        "local progression; retreatment without progression competes, death "
        f"{death}; censored at the "
        f"{'last assessment of the level' if last_assessment else 'last contact or death'}.",
        Unit.VERTEBRA,
        events=tuple(events),
        censoring=_TUMOUR if last_assessment else _CONTACT,
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
        events=((EVENT, sources.PROGRESSION),),
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
        events=((EVENT, sources.PROGRESSION), (EVENT, sources.DEATH)),
        censoring=(sources.LAST_CONTACT,),
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
