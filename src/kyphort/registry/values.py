"""Who a patient is: the one value that the data never hold."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a patient is; it lives in the vault. Everything but the pseudonym may be unknown."""

    patient_id: str
    family_name: str | None = None
    given_name: str | None = None
    birth_date: dt.date | None = None
    hospital_number: str | None = None
    contact: str | None = None
