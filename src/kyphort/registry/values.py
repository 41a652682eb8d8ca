"""The nouns that only the store knows: who a patient is, what is locked, who was erased."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a patient is. It lives in the vault and nowhere else; everything but the pseudonym may
    be unknown.
    """

    patient_id: str
    family_name: str | None = None
    given_name: str | None = None
    birth_date: dt.date | None = None
    hospital_number: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A record that counts as clean: nothing of it changes until it is unlocked.

    `record_key` is the key as JSON; a lock of the record "patient" holds for all the patient's
    records.
    """

    patient_id: str
    record: str
    record_key: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """A pseudonym whose records and key were destroyed; it is never given again."""

    patient_id: str
    erased_on: dt.date
