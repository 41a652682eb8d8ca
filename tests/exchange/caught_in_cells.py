"""Faults of files, headers and single cells, each with the findings it gives."""

from collections.abc import Sequence

from .planting import Bytes, Drop, DropColumn, Edit, Place, Put, Recode, Remove, Text

Case = tuple[Sequence[Edit], list[Place]]

TOML, PATIENTS, VERTEBRAE = "dataset.toml", "patients.csv", "vertebrae.csv"
VISITS, EVENTS = "visits.csv", "adverse_events.csv"
REAL = Text(TOML, "synthetic = true", "synthetic = false")
PREFIX: Place = ("KD-SYNTHETIC-PREFIX", PATIENTS, 2, "patient_id")


FILES: list[Case] = [
    ([Remove(VISITS)], [("KD-FILE-MISSING", VISITS, None, "")]),
    ([Remove(TOML)], [("KD-FILE-MISSING", TOML, None, "")]),
    ([Bytes(VISITS, None)], [("KD-FILE-UNREADABLE", VISITS, None, "")]),
    ([Bytes(VISITS, b"PK\x03\x04rest")], [("KD-FILE-FORMAT", VISITS, None, "")]),
    ([Bytes(VISITS, b"\xff\xfea")], [("KD-FILE-FORMAT", VISITS, None, "")]),
    ([Bytes(VISITS, b"")], [("KD-FILE-EMPTY", VISITS, None, "")]),
    ([Bytes(VISITS, b"\n  \n")], [("KD-FILE-EMPTY", VISITS, None, "")]),
    (
        [Drop(PATIENTS), Drop(VERTEBRAE), Drop(VISITS), Drop(EVENTS)],
        [
            ("KD-FILE-EMPTY", PATIENTS, None, ""),
            ("KD-FILE-EMPTY", VERTEBRAE, None, ""),
            ("KD-NO-VISITS", VISITS, None, ""),
        ],
    ),
    ([Drop(VISITS)], [("KD-NO-VISITS", VISITS, None, "")]),
    ([Recode(PATIENTS, "utf-8-sig")], [("KD-ENCODING", PATIENTS, None, "")]),
    ([Recode(PATIENTS, separator=";")], [("KD-SEPARATOR", PATIENTS, None, "")]),
    ([Text(VISITS, "absent", "abs\0nt")], [("KD-NUL", VISITS, 3, "")]),
    ([Text(VISITS, "8,60,\r\n", '8,"60,\r\n')], [("KD-QUOTE", VISITS, 2, "")]),
    (
        [Text(TOML, "name", "nmae")],
        [
            ("KD-DESCRIPTION-UNKNOWN", TOML, None, "nmae"),
            ("KD-DESCRIPTION", TOML, None, "name"),
        ],
    ),
    (
        [Text(TOML, "synthetic = true", "synthetic = 1")],
        [
            ("KD-DESCRIPTION", TOML, None, "synthetic"),
        ],
    ),
    ([Text(TOML, "YYYY-MM-DD", "MM-DD-YYYY")], [("KD-DESCRIPTION", TOML, None, "date_format")]),
    ([Text(TOML, "= true", "= ")], [("KD-DESCRIPTION", TOML, None, "")]),
    ([REAL], [PREFIX]),
]
HEADERS: list[Case] = [
    ([Drop(PATIENTS, 1)], [("KD-HEADER", PATIENTS, 1, "")]),
    ([DropColumn(PATIENTS, "entity")], [("KD-COLUMN-MISSING", PATIENTS, 1, "entity")]),
    ([Put(PATIENTS, 1, "entity", "enitty")], [("KD-COLUMN-MISSING", PATIENTS, 1, "entity")]),
    (
        [Put(VISITS, 1, "omed_mg", "omed")],
        [("KD-COLUMN-UNKNOWN", VISITS, 1, "header")],
    ),
    (
        [
            Text(PATIENTS, "sex", "sex,sex"),
            *(Text(PATIENTS, f"SYN-E0{n},", f"SYN-E0{n},male,") for n in range(1, 7)),
        ],
        [("KD-COLUMN-REPEATED", PATIENTS, 1, "sex")],
    ),
    (
        [Put(PATIENTS, 1, "patient_id", "Patient ID")],
        [
            ("KD-COLUMN-SPELLING", PATIENTS, 1, "header"),
        ],
    ),
]
CELLS: list[Case] = [
    ([Text(VERTEBRAE, ",8,13,", ",8,5,13,")], [("KD-CELL-COUNT", VERTEBRAE, 2, "")]),
    ([Text(PATIENTS, "SYN-E02,male", "SYN-E02")], [("KD-CELL-COUNT", PATIENTS, 3, "")]),
    ([Put(PATIENTS, 3, "entity", "x" * 1001)], [("KD-CELL-SIZE", PATIENTS, 3, "entity")]),
    ([Put(PATIENTS, 3, "entity", "x" * 200_000)], [("KD-CELL-SIZE", PATIENTS, 3, "")]),
    ([Put(PATIENTS, 3, "entity", "a\x07b")], [("KD-CHARACTER", PATIENTS, 3, "entity")]),
    ([Text(PATIENTS, "SYN-E03", ",,,,,,\r\nSYN-E03")], [("KD-ROW-EMPTY", PATIENTS, 4, "")]),
    ([Put(PATIENTS, 3, "sex", "")], [("KD-REQUIRED", PATIENTS, 3, "sex")]),
    ([Put(VISITS, 3, "local_status", "")], [("KD-REQUIRED", VISITS, 3, "local_status")]),
    ([Put(PATIENTS, 2, "death_date", "n/a")], [("KD-PLACEHOLDER", PATIENTS, 2, "death_date")]),
    ([Put(VERTEBRAE, 4, "level", "L7")], [("KD-LEVEL", VERTEBRAE, 4, "level")]),
    ([Put(VERTEBRAE, 4, "level", "L3/L4")], [("KD-LEVEL", VERTEBRAE, 4, "level")]),
    ([Put(PATIENTS, 3, "sex", "2")], [("KD-CODE", PATIENTS, 3, "sex")]),
    ([Put(VERTEBRAE, 3, "dose_gy", "8 Gy")], [("KD-NUMBER", VERTEBRAE, 3, "dose_gy")]),
    ([Put(VISITS, 2, "omed_mg", "1,200")], [("KD-NUMBER", VISITS, 2, "omed_mg")]),
    ([Put(VERTEBRAE, 3, "dose_gy", "nan")], [("KD-NUMBER", VERTEBRAE, 3, "dose_gy")]),
    ([Put(VERTEBRAE, 3, "dose_gy", "1e999")], [("KD-RANGE", VERTEBRAE, 3, "dose_gy")]),
    ([Put(VISITS, 2, "pain_nrs", "11")], [("KD-RANGE", VISITS, 2, "pain_nrs")]),
    ([Put(EVENTS, 2, "ctcae_grade", "6")], [("KD-RANGE", EVENTS, 2, "ctcae_grade")]),
    ([Put(PATIENTS, 3, "age_years", "171")], [("KD-AGE", PATIENTS, 3, "age_years")]),
    ([Put(VISITS, 8, "visit_date", "24.07.2017")], [("KD-DATE-FORMAT", VISITS, 8, "visit_date")]),
    ([Put(VISITS, 8, "visit_date", "soon")], [("KD-DATE-FORMAT", VISITS, 8, "visit_date")]),
    (
        [Put(VISITS, 8, "visit_date", "2017-02-30")],
        [
            ("KD-DATE-IMPOSSIBLE", VISITS, 8, "visit_date"),
        ],
    ),
    ([Put(VISITS, 8, "visit_date", "42940")], [("KD-DATE-SERIAL", VISITS, 8, "visit_date")]),
    ([Put(VISITS, 8, "visit_date", "24.07.17")], [("KD-DATE-YEAR", VISITS, 8, "visit_date")]),
    ([Put(VISITS, 8, "visit_date", "0017-07-24")], [("KD-DATE-YEAR", VISITS, 8, "visit_date")]),
    ([Put(EVENTS, 2, "term", "=cmd|' /C calc'!A0")], [("KD-FORMULA", EVENTS, 2, "term")]),
    ([Put(PATIENTS, 3, "entity", "Sarcoma ")], [("KD-BLANKS", PATIENTS, 3, "entity")]),
    ([Put(VERTEBRAE, 2, "level", "Th12")], [("KD-LEVEL-SPELLING", VERTEBRAE, 2, "level")]),
    ([Put(PATIENTS, 2, "sex", "weiblich")], [("KD-CODE-SPELLING", PATIENTS, 2, "sex")]),
    ([Put(VERTEBRAE, 2, "dose_gy", "8,5")], [("KD-NUMBER-SPELLING", VERTEBRAE, 2, "dose_gy")]),
    (
        [Put(VISITS, 8, "visit_date", "2017-07-24 00:00:00")],
        [
            ("KD-DATE-SPELLING", VISITS, 8, "visit_date"),
        ],
    ),
]
CAUGHT_IN_CELLS = [*FILES, *HEADERS, *CELLS]
