"""Other spellings that are understood: levels, codes, yes and no."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from kyphort.clinical import (
    ADJUDICATED,
    Finding,
    LocalStatus,
    Modality,
    Relatedness,
    Sex,
    SpinalLevel,
    VisitKind,
)

_LEVEL = re.compile(r"(hwk|bwk|lwk|swk|th|c|t|d|l|s)[\s.\-_]{0,3}0?([0-9]{1,2})", re.ASCII)
_LETTER = {"hwk": "C", "bwk": "T", "lwk": "L", "swk": "S", "th": "T", "d": "T"}

YES = ("yes", "y", "ja", "j", "true", "wahr", "1")
NO = ("no", "n", "nein", "false", "falsch", "0")
UNKNOWN = ("unknown", "unbekannt", "u")

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
