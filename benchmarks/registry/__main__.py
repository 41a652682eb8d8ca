"""`python -m benchmarks.registry ENGINE`: measure the store, and write its table into the page."""

import argparse
import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import insert

from benchmarks import page
from benchmarks.registry import postgresql
from benchmarks.registry.cohorts import cohort_of
from kyphort import __version__
from kyphort.clinical import Cohort
from kyphort.exchange.csv_set import write_csv_set
from kyphort.registry import Registry, init_registry, open_registry, restore
from kyphort.registry.rows import rows_of
from kyphort.registry.tables import ROW_VERSION, TABLES
from kyphort.workflows.check import check_data

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
VISITS = (1_000, 10_000, 100_000)
STEPS = (
    "check of the CSV files",
    "import with audit",
    "the same rows without audit",
    "import of the same again",
    "analysis set",
    "verify",
    "backup",
    "restore",
    "one correction",
    "history of a patient",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step took: wall-clock time, and processor time of this process [s]."""

    wall_s: float
    cpu_s: float


Costs = dict[str, Cost]
T = TypeVar("T")


def main() -> None:
    """Measure one engine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registry", description=main.__doc__)
    parser.add_argument("engine", choices=("sqlite", "postgresql"))
    parser.add_argument("--visits", type=int, nargs="*", default=VISITS)
    given = parser.parse_args()
    found = {visits: _measure(given.engine, visits) for visits in given.visits}
    table = _table(given.engine, found)
    sys.stdout.write(table)
    page.replace_section(PAGE, f"registry-{given.engine}", table)


def _measure(engine: str, visits: int) -> Costs:
    cohort = cohort_of(visits)
    with tempfile.TemporaryDirectory() as name, _places(engine, Path(name)) as place:
        return _steps(cohort, Path(name), place)


def _steps(cohort: Cohort, folder: Path, place: Callable[[], str]) -> Costs:
    write_csv_set(cohort, folder / "data")
    found: Costs = {}
    found[STEPS[0]], checked = _timed(lambda: check_data(folder / "data"))
    read = checked.valid_cohort()
    where, bare, again = place(), place(), place()
    init_registry(where)
    init_registry(bare)
    with open_registry(where) as registry, open_registry(bare) as other:
        found[STEPS[1]], _ = _timed(lambda: registry.import_cohort(read))
        found[STEPS[2]], _ = _timed(lambda: _without_audit(other, read))
        found[STEPS[3]], same = _timed(lambda: registry.import_cohort(read))
        found[STEPS[4]], back = _timed(registry.cohort)
        found[STEPS[5]], verified = _timed(registry.verify)
        if same.changes or back != cohort or not verified.is_sound:
            raise SystemExit("the registry does not hold what was imported")
        found[STEPS[6]], _ = _timed(lambda: registry.backup(folder / "backup"))
        found[STEPS[7]], _ = _timed(lambda: restore(folder / "backup", again))
        who = cohort.patients[0].patient_id
        values = {"entity": "corrected"}
        found[STEPS[8]], _ = _timed(
            lambda: registry.correct("patient", (who,), values, reason="benchmark")
        )
        found[STEPS[9]], _ = _timed(lambda: registry.history(who))
    return found


def _without_audit(registry: Registry, cohort: Cohort) -> None:
    """Insert the same rows into the same tables, and nothing else."""
    with registry.writing() as connection:
        for record, rows in rows_of(cohort).items():
            if rows:
                numbered = [{**row, ROW_VERSION: 1} for row in rows]
                connection.execute(insert(TABLES[record]), numbered)


def _timed(call: Callable[[], T]) -> tuple[Cost, T]:
    start, worked = time.perf_counter(), time.process_time()
    result = call()
    return Cost(time.perf_counter() - start, time.process_time() - worked), result


@contextmanager
def _places(engine: str, folder: Path) -> Iterator[Callable[[], str]]:
    numbers = iter(range(100))
    if engine == "sqlite":
        yield lambda: str(folder / f"registry{next(numbers)}.db")
        return
    initdb = postgresql.program("initdb")
    if initdb is None:
        raise SystemExit(f"{postgresql.PACKAGE} is not on this machine")
    with postgresql.server(initdb) as url:
        yield lambda: postgresql.new_database(url)


def _table(engine: str, found: dict[int, Costs]) -> str:
    version = _server_version() if engine == "postgresql" else _sqlite_version()
    lines = [
        f"kyphort {__version__}, CPython {platform.python_version()}, {version}, "
        f"{os.cpu_count()} cores; one run on {dt.datetime.now(dt.UTC):%Y-%m-%d}, load average "
        f"{os.getloadavg()[0]:.1f} at the end; files in {_where()}.",
        "",
        f"| wall (processor) [s] | {' | '.join(f'{visits:,} visits' for visits in found)} |",
        f"|---|{'---|' * len(found)}",
    ]
    for step in STEPS:
        cells = " | ".join(
            f"{one[step].wall_s:.3g} ({one[step].cpu_s:.3g})" for one in found.values()
        )
        lines.append(f"| {step} | {cells} |")
    ratios = [one[STEPS[1]].cpu_s / one[STEPS[2]].cpu_s for one in found.values()]
    lines.append(
        f"| import ÷ without audit, processor | {' | '.join(f'{r:.2f}' for r in ratios)} |"
    )
    return "\n".join(lines) + "\n"


def _where() -> str:
    return "memory" if tempfile.gettempdir().startswith("/dev/shm") else "the temporary folder"  # noqa: S108


def _sqlite_version() -> str:
    import sqlite3  # noqa: PLC0415

    return f"SQLite {sqlite3.sqlite_version}"


def _server_version() -> str:
    said = subprocess.run(["psql", "--version"], capture_output=True, text=True, check=False)  # noqa: S607
    return said.stdout.strip() or "PostgreSQL"


main()
