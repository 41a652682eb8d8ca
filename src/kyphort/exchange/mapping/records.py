"""The rows of a source by record, form and instance, so that a row can look at its siblings."""

from collections import defaultdict

from kyphort.exchange.mapping.source import Source, SourceRow


class Records:
    """Finds rows of the same record."""

    def __init__(self, source: Source) -> None:
        self._of: defaultdict[str, list[SourceRow]] = defaultdict(list)
        self._instances: dict[tuple[str, str, str], SourceRow] = {}
        for row in source.rows:
            self._of[row.record].append(row)
            if row.instance:
                self._instances.setdefault((row.record, row.form, row.instance), row)

    def instance(self, record: str, form: str, instance: str) -> SourceRow | None:
        """Return the row of one instance of a repeating form, None when there is none."""
        return self._instances.get((record, form, instance))

    def row_with(self, row: SourceRow, field: str) -> SourceRow:
        """Return the row itself if it holds the field, or the first of its record that does."""
        if row.texts.get(field, "").strip():
            return row
        holders = (one for one in self._of[row.record] if one.texts.get(field, "").strip())
        return next(holders, row)
