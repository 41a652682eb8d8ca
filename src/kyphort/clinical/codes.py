"""Codes of spinal levels in other systems: TG-263, SNOMED CT and FMA."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from kyphort.clinical.levels import SpinalLevel


class SnomedConcept(StrEnum):
    """What the SNOMED CT code of a level means: its body, or the whole vertebra."""

    BODY = "body"
    VERTEBRA = "vertebra"


@dataclass(frozen=True, slots=True)
class LevelCodes:
    """The codes of one level; None where a system has none, or none was found.

    `tg263` is the structure name of AAPM TG-263, `snomed_ct` a SNOMED CT identifier with its
    meaning in `snomed_concept`, `fma` the Foundational Model of Anatomy identifier of the whole
    vertebra. `note` says what to do where a code is absent.
    """

    level: SpinalLevel
    tg263: str | None
    snomed_ct: str | None
    snomed_concept: SnomedConcept | None
    fma: str | None
    note: str


def codes_of(level: SpinalLevel) -> LevelCodes:
    """Return the codes of a level.

    Source: mCODE 4.0.0 (TG-263 and SNOMED CT) and FMA; pedigree in `data/level_codes.toml`.

    Examples
    --------
    >>> codes_of(SpinalLevel.T9).tg263, codes_of(SpinalLevel.L1).snomed_ct
    ('VB_T09', '61032001')
    >>> codes_of(SpinalLevel.T13).tg263 is None
    True
    """
    return _table()[level]


def level_of_tg263(name: str) -> SpinalLevel | None:
    """Return the level with a TG-263 name, None when no level has it.

    >>> level_of_tg263("VB_T12"), level_of_tg263("VB_T1")
    (<SpinalLevel.T12: 'T12'>, None)
    """
    return next((one.level for one in _table().values() if one.tg263 == name), None)


def level_of_snomed(identifier: str) -> SpinalLevel | None:
    """Return the level with a SNOMED CT identifier, None when no level has it.

    >>> level_of_snomed("1186895000")
    <SpinalLevel.T13: 'T13'>
    """
    return next((one.level for one in _table().values() if one.snomed_ct == identifier), None)


@cache
def _table() -> dict[SpinalLevel, LevelCodes]:
    file = resources.files("kyphort.clinical") / "data" / "level_codes.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["codes"]["levels"]
    return {SpinalLevel(row["level"]): _codes(row) for row in rows}


def _codes(row: dict[str, str]) -> LevelCodes:
    concept = row.get("snomed_concept")
    return LevelCodes(
        SpinalLevel(row["level"]),
        row.get("tg263"),
        row.get("snomed_ct"),
        None if concept is None else SnomedConcept(concept),
        row.get("fma"),
        row.get("note", ""),
    )
