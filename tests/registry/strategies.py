"""Random cohorts that are valid, with every optional value present or absent."""

import datetime as dt

from hypothesis import strategies as st

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    DistanceReference,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
    Pain,
    Patient,
    Prescription,
    Relatedness,
    ReportingQuantity,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)

# What UTF-8 can write and a database keep: neither half a character nor NUL.
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
WORDS = st.text(CHARACTERS, min_size=1, max_size=8).filter(lambda text: bool(text.strip()))
POSITIVE = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
FIRST_DAY, CUT_OFF = dt.date(2009, 1, 1), dt.date(2019, 12, 31)

PRESCRIPTIONS = st.builds(
    Prescription,
    POSITIVE,
    POSITIVE,
    st.sampled_from(DistanceReference),
    st.sampled_from(ReportingQuantity),
    st.text(CHARACTERS, max_size=8),
)
PAINS = st.builds(Pain, st.floats(0, 10), st.none() | st.floats(min_value=0, allow_infinity=False))


@st.composite
def patients(draw: st.DrawFn, patient_id: str) -> Patient:
    last_contact = draw(st.dates(FIRST_DAY, CUT_OFF))
    return Patient(
        patient_id,
        draw(st.sampled_from(Sex)),
        draw(st.integers(0, 120)),
        draw(WORDS),
        last_contact,
        last_contact if draw(st.booleans()) else None,
        draw(st.sampled_from(Relatedness)),
    )


@st.composite
def vertebrae_of(draw: st.DrawFn, patient: Patient) -> list[TreatedVertebra]:
    levels = draw(st.lists(st.sampled_from(SpinalLevel), min_size=1, max_size=3, unique=True))
    last = patient.last_contact_date
    procedures = [draw(st.dates(FIRST_DAY, last)) for _ in levels]
    return [
        TreatedVertebra(
            patient.patient_id,
            level,
            procedure,
            draw(PRESCRIPTIONS),
            draw(st.none() | st.booleans()),
            draw(st.none() | st.dates(procedure, last)),
        )
        for level, procedure in zip(levels, procedures, strict=True)
    ]


@st.composite
def readings(draw: st.DrawFn, level: SpinalLevel, reader: str) -> LevelAssessment:
    statuses, findings = st.sampled_from(LocalStatus), st.sampled_from(Finding)
    return LevelAssessment(
        level,
        draw(statuses),
        draw(findings),
        draw(findings),
        draw(statuses),
        draw(statuses),
        reader,
    )


@st.composite
def visits_of(draw: st.DrawFn, treated: list[TreatedVertebra], last: dt.date) -> list[Visit]:
    first = min(vertebra.procedure_date for vertebra in treated)
    levels = st.sampled_from([vertebra.level for vertebra in treated])
    read = st.lists(st.tuples(levels, st.sampled_from(["", "a", "b"])), max_size=4, unique=True)
    return [
        Visit(
            treated[0].patient_id,
            date,
            draw(st.sampled_from(VisitKind)),
            draw(st.sampled_from(Modality)),
            tuple(draw(readings(level, reader)) for level, reader in draw(read)),
            draw(st.none() | PAINS),
        )
        for date in draw(st.lists(st.dates(first, last), max_size=3, unique=True))
    ]


@st.composite
def adverse_events_of(
    draw: st.DrawFn, treated: list[TreatedVertebra], last: dt.date
) -> list[AdverseEvent]:
    first = min(vertebra.procedure_date for vertebra in treated)
    keys = st.tuples(st.dates(first, last), WORDS)
    return [
        AdverseEvent(
            treated[0].patient_id,
            onset,
            term,
            draw(st.integers(1, 5)),
            draw(st.text(CHARACTERS, max_size=5)),
            draw(st.booleans()),
            draw(st.sampled_from(Relatedness)),
            draw(st.none() | st.dates(onset, CUT_OFF)),
        )
        for onset, term in draw(st.lists(keys, max_size=2, unique=True))
    ]


@st.composite
def cohorts(draw: st.DrawFn) -> Cohort:
    """Draw a valid cohort of up to four patients; it may be empty."""
    names = draw(st.lists(WORDS, max_size=4, unique=True))
    everybody = [draw(patients(name)) for name in names]
    treated = [draw(vertebrae_of(one)) for one in everybody]
    last = [one.last_contact_date for one in everybody]
    followed = list(zip(treated, last, strict=True))
    return Cohort(
        draw(st.text(CHARACTERS, max_size=8)),
        CUT_OFF,
        draw(st.booleans()),
        draw(st.text(CHARACTERS, max_size=8)),
        tuple(everybody),
        tuple(one for rows in treated for one in rows),
        tuple(one for rows, end in followed for one in draw(visits_of(rows, end))),
        tuple(one for rows, end in followed for one in draw(adverse_events_of(rows, end))),
    )
