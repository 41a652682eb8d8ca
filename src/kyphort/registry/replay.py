"""Rebuilding the registry's rows from its trail alone."""

from collections import defaultdict
from dataclasses import dataclass

from kyphort.registry.shapes import Key, Row
from kyphort.registry.tables import ALL_SHAPES
from kyphort.registry.trail import Entry, Values


@dataclass(frozen=True, slots=True)
class Replayed:
    """A row as the trail leaves it: its values, its version, and the entry that changed it last."""

    row: Row
    version: int
    seq: int


class Replay:
    """The rows that the entries so far add up to, by record and key."""

    def __init__(self) -> None:
        self.rows: defaultdict[str, dict[Key, Replayed]] = defaultdict(dict)
        self.erased: set[str] = set()

    def apply(self, entry: Entry, values: Values) -> str | None:
        """Take one entry into account; return what is wrong with it, if anything."""
        rows = self.rows[entry.record]
        found = rows.pop(values.key, None)
        if values.new is None:
            return None if found else "removes a row that is not there"
        if values.old is None:
            row = {name: values.new.get(name) for name in ALL_SHAPES[entry.record].by_name}
            rows[values.key] = Replayed(row, 1, entry.seq)
            self._forget_if_erased(entry)
            return "adds a row that is there already" if found else None
        if found is None:
            return "corrects a row that is not there"
        return self._correct(entry, values, found)

    def _correct(self, entry: Entry, values: Values, found: Replayed) -> str | None:
        old, new = values.old or {}, values.new or {}
        names = {*old, *new}
        row = found.row | {name: new.get(name) for name in names}
        key = ALL_SHAPES[entry.record].key_of(row)
        self.rows[entry.record][key] = Replayed(row, found.version + 1, entry.seq)
        if any(found.row[name] != old.get(name) for name in names):
            return "corrects values that were others before"
        return None

    def _forget_if_erased(self, entry: Entry) -> None:
        if entry.record != "erasure":
            return
        self.erased.add(entry.patient_id)
        for record, rows in self.rows.items():
            if record not in {"dataset", "erasure"}:
                for key in [one for one in rows if one[0] == entry.patient_id]:
                    del rows[key]
