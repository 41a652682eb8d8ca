"""Faulty files by the thousand: each ends in findings or in a correct import, and in nothing else.

Exports of a REDCap project and SPSS files are spoilt in every way that real ones are: encodings,
separators, decimal commas, dates in every national order, serial numbers of days, repeated rows,
levels that are none, files that broke off, formulas, renamed and missing instruments. What must not
change the cohort must not; what makes a cell doubtful must be refused; nothing may end in a
traceback or in half an import.
"""

import csv
import datetime as dt
import io
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.errors import KyphortError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.exchange.csv_set.template import example_files
from kyphort.exchange.mapping import Reconciliation
from kyphort.exchange.statistics_files import Program
from kyphort.workflows.exporting import export_redcap, export_statistics_files
from kyphort.workflows.importing import import_redcap, import_statistics_files

FILES = 2_400
TODAY = dt.date(2026, 6, 1)
_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
_DATES = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%Y/%m/%d", "%d %b %Y", "%Y%m%d")
_LEVELS = ("L6?", "L7", "T12/L1", "Th12-L1", "BWK", "12", "T0", "C8", "Th 99", "unknown")
_SPELLINGS = {"T12": ("Th12", "TH 12", "D12", "t12", "BWK 12"), "L1": ("LWK 1", "l1", "L 1")}
_FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", '=HYPERLINK("http://x")')
_JUNK = (b"\0", b'"', b"\r", b"\xff\xfe", b";", b"\x1a", b"=1", b"\xe2\x80\x8b", b"1e999", b"\n,")

Rows = list[list[str]]


class Expected(StrEnum):
    """What must become of a spoilt file."""

    SAME = "the same cohort"
    REFUSED = "refused"
    EITHER = "refused, or imported as it stands"


@dataclass(frozen=True, slots=True)
class Sound:
    """The files before anything happens to them, and the cohort that they hold."""

    folder: Path
    cohort: Cohort

    @property
    def records(self) -> Path:
        """The export of the records."""
        return self.folder / "redcap" / "records.csv"


Spoiling = Callable[[Path, random.Random], Expected]


def _rows(path: Path) -> Rows:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def _save(path: Path, rows: Rows, separator: str = ",", encoding: str = "utf-8") -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding, "replace"))


def _records(folder: Path) -> Path:
    return folder / "redcap" / "records.csv"


def _cells(rows: Rows, *endings: str) -> list[tuple[int, int]]:
    """Return the filled cells of columns whose names end so."""
    columns = [index for index, name in enumerate(rows[0]) if name.endswith(endings)]
    return [(row, at) for row in range(1, len(rows)) for at in columns if rows[row][at]]


def encoded(folder: Path, chance: random.Random) -> Expected:
    """Save the records in another encoding."""
    rows = _rows(_records(folder))
    _save(_records(folder), rows, encoding=chance.choice(_ENCODINGS))
    return Expected.SAME


def separated(folder: Path, chance: random.Random) -> Expected:
    """Save the records with another separator."""
    _save(_records(folder), _rows(_records(folder)), separator=chance.choice(";\t|"))
    return Expected.SAME


def shuffled(folder: Path, chance: random.Random) -> Expected:
    """Bring rows and columns into another order."""
    header, *rows = _rows(_records(folder))
    chance.shuffle(rows)
    order = list(range(len(header)))
    chance.shuffle(order)
    _save(_records(folder), [[row[at] for at in order] for row in (header, *rows)])
    return Expected.SAME


def with_blank_rows(folder: Path, chance: random.Random) -> Expected:
    """Put empty rows and blanks around values into the records."""
    rows = _rows(_records(folder))
    for _ in range(chance.randint(1, 5)):
        rows.insert(chance.randint(1, len(rows)), [""] * len(rows[0]))
    for row, at in chance.sample(_cells(rows, "_date", "entity", "sex"), 5):
        rows[row][at] = f" {rows[row][at]}  "
    _save(_records(folder), rows)
    return Expected.SAME


def decimal_comma(folder: Path, chance: random.Random) -> Expected:
    """Write numbers with a decimal comma."""
    rows = _rows(_records(folder))
    for row, at in _cells(rows, "dose_gy", "distance_mm", "pain_nrs"):
        rows[row][at] = f"{float(rows[row][at]):.1f}".replace(".", ",")
    _save(_records(folder), rows, separator=chance.choice(",;"))
    return Expected.SAME


def other_spelling(folder: Path, chance: random.Random) -> Expected:
    """Write levels and codes as a German colleague would."""
    rows = _rows(_records(folder))
    for row, at in _cells(rows, "_level"):
        rows[row][at] = chance.choice((rows[row][at], *_SPELLINGS.get(rows[row][at], ())))
    for row, at in _cells(rows, "sex"):
        rows[row][at] = {"female": "weiblich", "male": "männlich"}.get(rows[row][at], rows[row][at])
    _save(_records(folder), rows)
    return Expected.SAME


def with_labels(folder: Path, chance: random.Random) -> Expected:
    """Write yes and no by their labels instead of 1 and 0."""
    rows = _rows(_records(folder))
    for row, at in _cells(rows, "preexisting_fracture", "_serious"):
        words = {"1": "Yes", "0": "No", "9": "Unknown"}
        if chance.random() < 0.7:
            rows[row][at] = words[rows[row][at]]
    _save(_records(folder), rows)
    return Expected.SAME


def split(folder: Path, chance: random.Random) -> Expected:
    """Split the export by instrument, with or without the columns of repetition."""
    header, *rows = _rows(_records(folder))
    names = {"patients": header[3 : header.index("patients_complete") + 1]}
    forms = dict.fromkeys(row[1] or "patients" for row in rows)
    keeps_columns = chance.random() < 0.5
    start = 3
    for form in [name.removesuffix("_complete") for name in header if name.endswith("_complete")]:
        end = header.index(f"{form}_complete") + 1
        names[form] = header[start:end]
        start = end
    for form in forms:
        own = [0, *((1, 2) if keeps_columns else ()), *(header.index(one) for one in names[form])]
        chosen = [row for row in rows if (row[1] or "patients") == form]
        lines = [[row[at] for at in own] for row in (header, *chosen)]
        _save(folder / "redcap" / f"part_{form}.csv", lines)
    _records(folder).unlink()
    return Expected.SAME


def rewritten_date(folder: Path, chance: random.Random) -> Expected:
    """Write one date, or a whole column, in a national order."""
    rows = _rows(_records(folder))
    at = chance.choice(_cells(rows, "_date"))
    column = [one for one in _cells(rows, "_date") if one[1] == at[1]]
    form = chance.choice(_DATES)
    for row, index in column if chance.random() < 0.5 else [at]:
        day = dt.date.fromisoformat(rows[row][index])
        rows[row][index] = day.strftime(form)
    _save(_records(folder), rows)
    return Expected.REFUSED


def serial_date(folder: Path, chance: random.Random) -> Expected:
    """Write a date as a spreadsheet's serial number."""
    rows = _rows(_records(folder))
    row, at = chance.choice(_cells(rows, "_date"))
    days = (dt.date.fromisoformat(rows[row][at]) - dt.date(1899, 12, 30)).days
    rows[row][at] = chance.choice((f"{days}", f"{days}.0", f"{days}.5"))
    _save(_records(folder), rows)
    return Expected.REFUSED


def impossible_day(folder: Path, chance: random.Random) -> Expected:
    """Write a day that does not exist, or words."""
    rows = _rows(_records(folder))
    row, at = chance.choice(_cells(rows, "_date"))
    rows[row][at] = chance.choice(
        ("2015-02-30", "2015-13-01", "0000-00-00", "soon", "2015-04", "?")
    )
    _save(_records(folder), rows)
    return Expected.REFUSED


def no_level(folder: Path, chance: random.Random) -> Expected:
    """Write a level that is none."""
    rows = _rows(_records(folder))
    row, at = chance.choice(_cells(rows, "_level"))
    rows[row][at] = chance.choice(_LEVELS)
    _save(_records(folder), rows)
    return Expected.REFUSED


def repeated(folder: Path, chance: random.Random) -> Expected:
    """Repeat a row, as it is or with another value."""
    rows = _rows(_records(folder))
    copy = list(chance.choice(rows[1:]))
    if chance.random() < 0.5:
        at = chance.choice([index for index in range(3, len(copy)) if copy[index]])
        copy[at] = f"{copy[at]}1"
    rows.append(copy)
    _save(_records(folder), rows)
    return Expected.REFUSED


def of_nobody(folder: Path, chance: random.Random) -> Expected:
    """Give a row to a record that does not exist, or to none."""
    rows = _rows(_records(folder))
    row = chance.choice([row for row in rows[1:] if row[1] == "vertebrae"])
    row[0] = chance.choice(("", "SYN-E99", "?", row[0].lower(), f"{row[0]}x"))
    _save(_records(folder), rows)
    return Expected.REFUSED


def formula(folder: Path, chance: random.Random) -> Expected:
    """Put a formula into a text: it stays a text."""
    rows = _rows(_records(folder))
    row, at = chance.choice(_cells(rows, "entity", "_term", "_agent"))
    rows[row][at] = chance.choice(_FORMULAS)
    _save(_records(folder), rows)
    return Expected.EITHER


def renamed_form(folder: Path, chance: random.Random) -> Expected:
    """Rename an instrument in the records, or take its columns away."""
    rows = _rows(_records(folder))
    form = chance.choice(("vertebrae", "visits"))
    if chance.random() < 0.5:
        for row in rows[1:]:
            row[1] = f"{form}_v2" if row[1] == form else row[1]
    else:
        keep = [at for at, name in enumerate(rows[0]) if not name.startswith(form)]
        rows = [[row[at] for at in keep] for row in rows]
    _save(_records(folder), rows)
    return Expected.REFUSED


def without_column(folder: Path, chance: random.Random) -> Expected:
    """Take a column away, or rename it."""
    rows = _rows(_records(folder))
    at = chance.randrange(3, len(rows[0]))
    if chance.random() < 0.5:
        rows[0][at] = f"{rows[0][at]}_new"
    else:
        rows = [row[:at] + row[at + 1 :] for row in rows]
    _save(_records(folder), rows)
    return Expected.EITHER


def broken_off(folder: Path, chance: random.Random) -> Expected:
    """Cut a file off somewhere."""
    path = chance.choice([_records(folder), folder / "redcap" / "data_dictionary.csv"])
    raw = path.read_bytes()
    path.write_bytes(raw[: chance.randint(0, len(raw) - 40)])
    return Expected.EITHER


def with_junk(folder: Path, chance: random.Random) -> Expected:
    """Put bytes that do not belong there into one of the files."""
    names = ("records.csv", "data_dictionary.csv", "map.toml")
    path = folder / "redcap" / chance.choice(names)
    raw = path.read_bytes()
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(raw))
        piece = chance.choice(_JUNK) if chance.random() < 0.6 else chance.randbytes(3)
        raw = raw[:at] + piece + raw[at + chance.randint(0, 30) :]
    path.write_bytes(raw)
    return Expected.EITHER


def another_file(folder: Path, chance: random.Random) -> Expected:
    """Give another file in the place of the records."""
    path = _records(folder)
    kind = chance.randint(0, 4)
    contents = (b"", b"\xef\xbb\xbf", b"PK\x03\x04" + chance.randbytes(200), chance.randbytes(500))
    path.write_bytes(contents[kind] if kind < 4 else (folder / "redcap" / "map.toml").read_bytes())
    return Expected.REFUSED


def mixed_up_codes(folder: Path, chance: random.Random) -> Expected:
    """Write a code that the project does not have."""
    rows = _rows(_records(folder))
    row, at = chance.choice(_cells(rows, "_kind", "_local_status", "_serious", "sex", "_modality"))
    rows[row][at] = chance.choice(("7", "?", "n/a", "femlae", "=1", "-99", "x" * 2_000))
    _save(_records(folder), rows)
    return Expected.REFUSED


def impossible_number(folder: Path, chance: random.Random) -> Expected:
    """Write a number that is none, or that is impossible."""
    rows = _rows(_records(folder))
    row, at = chance.choice(_cells(rows, "age_years", "dose_gy", "distance_mm", "_grade"))
    rows[row][at] = chance.choice(("8 Gy", "1.234,5", "-1", "NaN", "inf", "1e999", "eight", "0x8"))
    _save(_records(folder), rows)
    return Expected.REFUSED


def spoilt_sav(folder: Path, chance: random.Random) -> Expected:
    """Spoil the bytes of an SPSS file."""
    path = chance.choice(sorted((folder / "sav").glob("*.sav")))
    raw = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 12)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    cut = chance.randint(0, len(raw)) if chance.random() < 0.5 else len(raw)
    path.write_bytes(bytes(raw[:cut]))
    return Expected.EITHER


def missing_sav(folder: Path, chance: random.Random) -> Expected:
    """Take one of the SPSS files away, or put another kind of file in its place."""
    path = folder / "sav" / chance.choice(("patients.sav", "vertebrae.sav", "visits.sav"))
    path.unlink()
    if chance.random() < 0.5:
        path.write_bytes((folder / "redcap" / "records.csv").read_bytes())
    return Expected.REFUSED


OF_REDCAP: tuple[Spoiling, ...] = (
    encoded,
    separated,
    shuffled,
    with_blank_rows,
    decimal_comma,
    other_spelling,
    with_labels,
    split,
    rewritten_date,
    serial_date,
    impossible_day,
    no_level,
    repeated,
    of_nobody,
    formula,
    renamed_form,
    without_column,
    broken_off,
    with_junk,
    another_file,
    mixed_up_codes,
    impossible_number,
)
OF_SPSS: tuple[Spoiling, ...] = (spoilt_sav, missing_sav)


def sound_files(home: Path) -> Sound:
    """Write the sound files once."""
    data = home / "data"
    data.mkdir()
    for name, text in example_files().items():
        (data / name).write_bytes(text.encode())
    cohort = read_csv_set(data)
    folder = home / "sound"
    folder.mkdir()
    export_redcap(data, folder / "redcap")
    export_statistics_files(data, folder / "sav", Program.SPSS)
    return Sound(folder, cohort)


def _import(folder: Path, out: Path, *, spss: bool) -> Reconciliation:
    if spss:
        files = sorted((folder / "sav").glob("*.sav"))
        return import_statistics_files(files, folder / "sav" / "map.toml", out, today=TODAY)
    home = folder / "redcap"
    parts = sorted(home.glob("part_*.csv"))
    records = [home / "records.csv"] if (home / "records.csv").exists() else parts
    dictionary = home / "data_dictionary.csv"
    return import_redcap(records, dictionary, home / "map.toml", out, today=TODAY)


def fault_of(sound: Sound, spoiling: Spoiling, seed: int, home: Path) -> str:
    """Spoil a copy of the files, import it, and return what is wrong with the outcome, if any."""
    folder, out = home / "files", home / "out"
    shutil.copytree(sound.folder, folder)
    try:
        expected = spoiling(folder, random.Random(seed))  # noqa: S311 - not for secrets
        try:
            found = _import(folder, out, spss=spoiling in OF_SPSS)
        except KyphortError as error:
            if not str(error).strip():
                return "an error without a sentence"
            return "" if not _left_behind(home) and expected is not Expected.SAME else f"{error}"
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            return f"{type(error).__name__}: {error}"
        return _wrong(found, expected, sound.cohort, out, home)
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(out, ignore_errors=True)


def _left_behind(home: Path) -> bool:
    return any(path.name != "files" for path in home.iterdir())


def _wrong(found: Reconciliation, expected: Expected, cohort: Cohort, out: Path, home: Path) -> str:
    fates = Counter(one.fate for one in found.rows)
    if fates.total() != found.rows_in:
        return f"{found.rows_in} rows came in, {fates.total()} have a fate"
    if not all(one.line.isprintable() for one in found.findings):
        return "a finding that cannot be printed"
    if found.imported:
        return _wrongly_imported(found, expected, cohort, out)
    if not found.errors:
        return "nothing was imported, and no error says why"
    if _left_behind(home):
        return "nothing was imported, but something was written"
    return found.errors[0].line if expected is Expected.SAME else ""


def _wrongly_imported(found: Reconciliation, expected: Expected, cohort: Cohort, out: Path) -> str:
    if found.errors:
        return "imported in spite of an error"
    if expected is Expected.REFUSED:
        return "imported although it had to be refused"
    is_another = read_csv_set(out) != cohort
    return "another cohort came out" if expected is Expected.SAME and is_another else ""


def campaign(files: int, seed: int = 20_261_125) -> list[str]:
    """Spoil so many files, each kind in turn, and return the faults found."""
    kinds = (*OF_REDCAP, *OF_SPSS)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as root:
        sound = sound_files(Path(root))
        home = Path(root) / "work"
        home.mkdir()
        for number in range(files):
            spoiling = kinds[number % len(kinds)]
            fault = fault_of(sound, spoiling, seed + number, home)
            if fault:
                faults.append(f"{spoiling.__name__}, seed {seed + number}: {fault}")
    return faults


def run() -> list[str]:
    """Spoil thousands of files; return what went wrong."""
    faults = campaign(FILES)
    sys.stdout.write(f"{FILES} faulty files, {len(faults)} faults\n")
    return faults
