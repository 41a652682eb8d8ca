"""Whatever is done in whatever order: replaying the trail rebuilds every state."""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import pytest
from benchmarks.registry import postgresql
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import Connection, select

from kyphort.clinical import (
    LevelAssessment,
    LocalStatus,
    Modality,
    Patient,
    Prescription,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
    Withdrawal,
    WithdrawalForm,
)
from kyphort.errors import ConflictError, InvalidDataError
from kyphort.registry import Identity, init_registry, keys, open_registry, restore, tables, trail
from kyphort.registry.replay import Replay
from kyphort.registry.tables import ALL_SHAPES
from kyphort.registry.writing import entries_after, rows_in

EXAMPLES = max(10, settings().max_examples // 10)
NAMES = [f"P{number}" for number in range(5)]
DAYS = [dt.date(2015, 1, 1) + dt.timedelta(90 * number) for number in range(8)]
REFUSED = (InvalidDataError, ConflictError)


class Store(RuleBasedStateMachine):
    """A registry in use; a refusal is fine, a state that the trail does not explain is not."""

    backups = Bundle("backups")

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=postgresql.memory()))
        self.place = self.folder / "registry.db"
        self.number = 0
        self.erased: set[str] = set()
        self.heads: list[str] = []
        init_registry(self.place, "machine", "made up", synthetic=True, cut_off=DAYS[0])

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def do(self, name: str, *values: object, **named: object) -> bool:
        """Do something; when it is refused, nothing may have changed."""
        with open_registry(self.place, who="machine") as registry:
            before = registry.content()
            try:
                getattr(registry, name)(*values, **named)
            except REFUSED:
                assert registry.content().data_sha256 == before.data_sha256
                return False
            return True

    @rule(name=st.sampled_from(NAMES), day=st.sampled_from(DAYS), age=st.integers(0, 120))
    def enter_patient(self, name: str, day: dt.date, age: int) -> None:
        vertebra = TreatedVertebra(name, SpinalLevel.T12, DAYS[0], Prescription(8, 13))
        done = self.do("add", Patient(name, Sex.FEMALE, age, "Breast cancer", day), vertebra)
        assert not (done and name in self.erased)

    @rule(
        name=st.sampled_from(NAMES),
        day=st.sampled_from(DAYS),
        status=st.sampled_from(LocalStatus),
        level=st.sampled_from([SpinalLevel.T12, SpinalLevel.L1]),
    )
    def enter_visit(self, name: str, day: dt.date, status: LocalStatus, level: SpinalLevel) -> None:
        reading = (LevelAssessment(level, status),)
        self.do("add", Visit(name, day, VisitKind.PLANNED, Modality.MRI, reading))

    @rule(name=st.sampled_from(NAMES), text=st.text("ab", max_size=3))
    def enter_identity(self, name: str, text: str) -> None:
        self.do("add", Identity(name, text or None))

    @rule(name=st.sampled_from(NAMES), age=st.integers(0, 130))
    def correct_patient(self, name: str, age: int) -> None:
        self.do("correct", "patient", (name,), {"age_years": age}, reason="seen again")

    @rule(name=st.sampled_from(NAMES), text=st.text("ab", max_size=3))
    def correct_identity(self, name: str, text: str) -> None:
        self.do("correct", "identity", (name,), {"contact": text}, reason="moved")

    @rule(name=st.sampled_from(NAMES), days=st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)))
    def move_visit(self, name: str, days: tuple[dt.date, dt.date]) -> None:
        key = (name, days[0].isoformat())
        self.do("correct", "visit", key, {"visit_date": days[1]}, reason="misread")

    @rule(name=st.sampled_from(NAMES), level=st.sampled_from([SpinalLevel.T12, SpinalLevel.L1]))
    def recount_level(self, name: str, level: SpinalLevel) -> None:
        other = SpinalLevel.L1 if level is SpinalLevel.T12 else SpinalLevel.T12
        self.do("correct", "vertebra", (name, level.value), {"level": other}, reason="recounted")

    @rule(name=st.sampled_from(NAMES), day=st.sampled_from(DAYS))
    def remove_reading(self, name: str, day: dt.date) -> None:
        self.do("remove", "assessment", (name, day.isoformat(), "T12", ""), reason="wrong patient")

    @rule(name=st.sampled_from(NAMES))
    def lock(self, name: str) -> None:
        self.do("lock", "patient", (name,))

    @rule(name=st.sampled_from(NAMES))
    def unlock(self, name: str) -> None:
        self.do("unlock", "patient", (name,), reason="query")

    @rule(
        name=st.sampled_from(NAMES),
        form=st.sampled_from([WithdrawalForm.STOP_FOLLOW_UP, WithdrawalForm.STOP_USE]),
        day=st.sampled_from(DAYS),
    )
    def withdraw(self, name: str, form: WithdrawalForm, day: dt.date) -> None:
        self.do("add", Withdrawal(name, form, day))

    @rule(name=st.sampled_from(NAMES))
    def erase(self, name: str) -> None:
        if self.do("erase", name, reason="asked"):
            self.erased.add(name)

    @rule(target=backups)
    def back_up(self) -> tuple[Path, str, frozenset[str]]:
        self.number += 1
        file = self.folder / f"backup{self.number}"
        with open_registry(self.place) as registry:
            summary = registry.backup(file)
        return file, summary.content_sha256, frozenset(self.erased)

    @rule(backup=consumes(backups))
    def restore(self, backup: tuple[Path, str, frozenset[str]]) -> None:
        """Go on with the state of an earlier day."""
        file, content, erased = backup
        self.number += 1
        self.place = self.folder / f"registry{self.number}.db"
        assert restore(file, self.place).content_sha256 == content
        self.erased = set(erased)
        self.heads = []

    @invariant()
    @precondition(lambda self: hasattr(self, "place"))
    def the_trail_explains_every_row(self) -> None:
        with open_registry(self.place) as registry:
            found = registry.verify()
            assert found.faults == ()
            with registry.reading() as connection:
                stored = {
                    record: {key: (one.row, one.version) for key, one in rows.items()}
                    for record in ALL_SHAPES
                    if (rows := rows_in(connection, record))
                }
                assert replayed(connection, self.erased) == stored
                hashes = set(connection.execute(select(tables.audit.c.hash)).scalars())
        assert hashes.issuperset(self.heads), "an entry that once was there is gone"
        if found.head.seq:
            self.heads.append(found.head.hash)


def replayed(connection: Connection, erased: set[str]) -> object:
    """Rebuild every row from the entries alone."""
    replay, secrets = Replay(), keys.all_secrets(connection)
    for entry, previous in entries_after(connection):
        secret = secrets.get(entry.key_owner)
        if secret is None:
            assert entry.key_owner in erased
            continue
        values = trail.opened(entry, previous, secret)
        assert values is not None
        assert replay.apply(entry, values) is None
    return {
        record: {key: (one.row, one.version) for key, one in rows.items()}
        for record, rows in replay.rows.items()
        if rows
    }


TestStore = pytest.mark.hypothesis(Store.TestCase)
TestStore.settings = settings(max_examples=EXAMPLES, stateful_step_count=20)
