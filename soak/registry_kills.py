"""Writers of the registry that are killed lose nothing that they acknowledged."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kyphort.errors import KyphortError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.registry import Identity, open_registry, renew, restore

KILLS = 500
MOST_TRIES = 4
"""How many workers are started for one that is killed before it ends."""
SEED = 2_026_11
ROOT = Path(__file__).parents[1]
VERSION_1 = ROOT / "tests" / "registry" / "version1.sql"
EXAMPLE = ROOT / "src" / "kyphort" / "exchange" / "csv_set" / "example"

WORKER = """
import datetime as dt, sqlite3, sys
from pathlib import Path
from kyphort.clinical import Modality, Visit, VisitKind
from kyphort.exchange.csv_set import read_csv_set
from kyphort.registry import Identity, init_registry, open_registry, renew

task, place, start = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

def say(*words):
    print(*words, flush=True)

say("ready")
if task == "write":
    with open_registry(place, who="writer") as registry:
        for number in range(start, start + 10_000):
            registry.correct("patient", ("SYN-E01",), {"entity": f"entity {number}"}, reason="w")
            say("entity", number)
            date = dt.date(2017, 3, 9) + dt.timedelta(number)
            registry.add(Visit("SYN-E01", date, VisitKind.PLANNED, Modality.NONE))
            say("visit", date)
            registry.correct("identity", ("SYN-E04",), {"contact": f"contact {number}"}, reason="w")
            say("contact", number)
elif task == "import":
    cohort = read_csv_set(Path(sys.argv[4]))
    init_registry(place)
    say("made")
    with open_registry(place, who="importer") as registry:
        registry.import_cohort(cohort)
    say("imported", len(cohort.patients))
elif task == "migrate":
    renew(place, who="migrator")
    say("renewed")
elif task == "backup":
    with open_registry(place, who="keeper") as registry:
        registry.backup(Path(sys.argv[4]))
    say("backed-up")
"""


@dataclass(frozen=True, slots=True)
class Killed:
    """What a killed worker had said before."""

    lines: tuple[str, ...]
    in_time: bool


def run() -> list[str]:
    """Kill workers at random moments; return what was lost or left broken."""
    return campaign(KILLS)


def campaign(kills: int) -> list[str]:
    """Kill `kills` workers before they end, at each task in turn; return the faults."""
    moments = random.Random(SEED)  # noqa: S311 - moments, not secrets
    faults, counted = [], Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        place = _made(home)
        for number in range(MOST_TRIES * kills):
            if sum(counted.values()) >= kills:
                break
            task = ("write", "import", "migrate", "backup")[number % 4]
            found, in_time = TASKS[task](home, place, number, moments)
            counted[task] += in_time
            faults += [f"kill {number} ({task}): {one}" for one in found]
    sys.stdout.write(f"killed in time: {dict(counted)}\n")
    return faults if sum(counted.values()) >= kills else [*faults, "too few were killed in time"]


def _made(home: Path) -> Path:
    place = home / "registry.db"
    _worker("import", place, 0, str(EXAMPLE)).communicate()
    with open_registry(place) as registry:
        registry.add(Identity("SYN-E04", contact="contact"))
    return place


def _worker(task: str, place: Path, start: int, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", WORKER, task, str(place), str(start), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _killed(process: subprocess.Popen[str], delay_s: float) -> Killed:
    """Kill a worker some time after it is ready."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    process.stdout.readline()
    time.sleep(delay_s)
    in_time = process.poll() is None
    process.send_signal(signal.SIGKILL)
    said, _ = process.communicate()
    complete = said.rpartition("\n")[0]
    return Killed(tuple(complete.splitlines()), in_time)


def _sound(place: Path) -> list[str]:
    try:
        with open_registry(place) as registry:
            return list(registry.verify().faults)
    except KyphortError as error:
        return [str(error)]


def _write(_: Path, place: Path, number: int, moments: random.Random) -> tuple[list[str], bool]:
    killed = _killed(_worker("write", place, 1 + 40 * number), moments.uniform(0, 0.4))
    return [*_sound(place), *_lost(place, killed)], killed.in_time


def _lost(place: Path, killed: Killed) -> list[str]:
    """Return what a writer acknowledged and the registry does not hold."""
    last = dict(line.split(" ", 1) for line in killed.lines)
    with open_registry(place) as registry:
        cohort, events = registry.cohort(), registry.history("SYN-E04")
    entity = cohort.patients[0].entity
    visits = {str(one.visit_date) for one in cohort.visits}
    contacts = [
        one.values.new.get("contact")
        for one in events
        if one.entry.record == "identity" and one.values and one.values.new
    ]
    faults = []
    if "entity" in last and int(entity.split()[1]) < int(last["entity"]):
        faults.append(f"entity {last['entity']} was acknowledged, {entity} is there")
    missing = [line for line in killed.lines if line.startswith("visit") and line[6:] not in visits]
    faults += [f"{one} was acknowledged and is not there" for one in missing]
    if "contact" in last and f"contact {last['contact']}" not in contacts:
        faults.append(f"contact {last['contact']} was acknowledged and is not there")
    return faults


def _import(home: Path, _: Path, number: int, moments: random.Random) -> tuple[list[str], bool]:
    target = home / f"import{number}" / "registry.db"
    target.parent.mkdir()
    killed = _killed(_worker("import", target, 0, str(EXAMPLE)), moments.uniform(0, 0.6))
    faults: list[str] = []
    if target.exists():
        faults += _sound(target)
        with open_registry(target) as registry:
            entries = registry.verify().head.seq
            done = registry.import_cohort(read_csv_set(EXAMPLE))
        if any(line.startswith("imported") for line in killed.lines) and done.changes:
            faults.append("an acknowledged import is not there")
        if entries and done.changes:
            faults.append(f"half an import is there: {entries} entries")
    elif "made" in killed.lines:
        faults.append("a registry that was acknowledged is not there")
    shutil.rmtree(target.parent)
    return faults, killed.in_time


def _migrate(home: Path, _: Path, number: int, moments: random.Random) -> tuple[list[str], bool]:
    target = home / f"migrate{number}" / "registry.db"
    target.parent.mkdir()
    with closing(sqlite3.connect(target)) as connection:
        connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    killed = _killed(_worker("migrate", target, 0), moments.uniform(0, 0.4))
    before, _after = renew(target)
    faults = _sound(target)
    if "renewed" in killed.lines and before == "0001":
        faults.append("an acknowledged migration is not there")
    with open_registry(target) as registry:
        if len(registry.cohort().patients) != 6:
            faults.append("patients were lost")
    shutil.rmtree(target.parent)
    return faults, killed.in_time


def _backup(home: Path, place: Path, number: int, moments: random.Random) -> tuple[list[str], bool]:
    folder = home / f"backup{number}"
    folder.mkdir()
    file = folder / "backup"
    killed = _killed(_worker("backup", place, 0, str(file)), moments.uniform(0, 0.4))
    faults = _sound(place)
    if file.exists():
        restore(file, folder / "again.db")
        faults += _sound(folder / "again.db")
    elif "backed-up" in killed.lines:
        faults.append("an acknowledged backup is not there")
    shutil.rmtree(folder)
    return faults, killed.in_time


Task = Callable[[Path, Path, int, random.Random], tuple[list[str], bool]]
TASKS: dict[str, Task] = {
    "write": _write,
    "import": _import,
    "migrate": _migrate,
    "backup": _backup,
}
