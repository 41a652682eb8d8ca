"""`kyphort registry`: the store of a centre, from the first patient to the last backup."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyphort.errors import RegistryError

if TYPE_CHECKING:
    from kyphort.registry import Receipt
    from kyphort.registry.difference import Difference
    from kyphort.registry.reading import Event
    from kyphort.registry.writing import Versioned
    from kyphort.workflows.registry import Overview, PatientPage

app = typer.Typer(
    help="The registry: every record with its history, in one file or a PostgreSQL database.",
    no_args_is_help=True,
)

Place = Annotated[
    str,
    typer.Argument(metavar="REGISTRY", help="Registry file, or postgresql://USER@HOST/DATABASE."),
]
Who = Annotated[
    str | None,
    typer.Option("--as", metavar="USER", help="Name in the audit trail; default: your login."),
]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
Version = Annotated[
    int | None, typer.Option(help="Version that you saw; a newer one is not overwritten.")
]
Record = Annotated[
    str, typer.Argument(help="patient, vertebra, visit, assessment, adverse_event, identity …")
]
Words = Annotated[
    list[str], typer.Argument(metavar="KEY… FIELD=VALUE…", help="Key in order, then fields.")
]
Patient = Annotated[str, typer.Argument(help="Pseudonym of the patient.")]
Row = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RECORD KEY…]", help="One record; without it the whole patient."),
]

SHOWN_CHANGES = 10
"""How many changes of an import are listed unless all are asked for."""


class WithdrawalChoice(StrEnum):
    """What a patient withdraws from."""

    STOP_FOLLOW_UP = "stop_follow_up"
    STOP_USE = "stop_use"
    ERASE = "erase"


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is no date. Allowed: YYYY-MM-DD, for example 2026-03-31."
        ) from None


@app.command("init")
def init(
    place: Place,
    *,
    name: Annotated[
        str | None, typer.Option(help="Name of the data set; or leave it to the first import.")
    ] = None,
    provenance: Annotated[str, typer.Option(help="Where the data come from.")] = "",
    cut_off: Annotated[
        dt.date | None,
        typer.Option(parser=_date, metavar="DATE", help="Data cut-off; today if left out."),
    ] = None,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="The rows will not describe real people.")
    ] = False,
    who: Who = None,
) -> None:
    """Make a new, empty registry, with the vault of identities and keys beside it."""
    from kyphort.registry import init_registry  # noqa: PLC0415 - heavy libraries
    from kyphort.registry.place import place_of  # noqa: PLC0415

    init_registry(place, name, provenance, synthetic=synthetic, cut_off=cut_off, who=who)
    where = place_of(place)
    typer.echo(f"Registry: {where.shown}")
    if where.path is not None:
        typer.echo(f"Vault:    {where.vault_path} (identities and keys; keep it as safe as a key)")
    if name is None:
        typer.echo("It describes no data set yet: import one, or give --name when you make it.")


@app.command("import")
def import_(
    place: Place,
    data: Annotated[Path, typer.Argument(help="Folder of a kyphort data set.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    reason: Reason = "",
    who: Who = None,
    list_all: Annotated[bool, typer.Option("--all", help="List every change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the registry to what a data set says: all of it or nothing, twice is once.

    Records that the data set lacks stay in the registry and are named.
    """
    from kyphort.workflows.registry import import_data  # noqa: PLC0415

    found = import_data(place, data, who=who, reason=reason, dry_run=dry_run)
    if as_json:
        _print_json(_difference_json(found, dry_run=dry_run))
        return
    for line in _difference_lines(found, list_all=list_all):
        typer.echo(line)
    typer.echo(_outcome(found, dry_run=dry_run))


def _difference_lines(found: "Difference", *, list_all: bool) -> Iterable[str]:
    from kyphort.registry.reading import describe, differences  # noqa: PLC0415

    added = ", ".join(f"{number} {name}" for name, number in found.added.items()) or "nothing"
    yield f"New: {added}. Changed: {len(found.corrected)}. Unchanged: {found.unchanged}."
    shown = found.corrected if list_all else found.corrected[:SHOWN_CHANGES]
    for change in shown:
        what = ", ".join(differences(change.record, change.old, change.new))
        yield f"  changed  {describe(change.record, change.key)}: {what}"
    if len(shown) < len(found.corrected):
        yield f"  and {len(found.corrected) - len(shown)} more; --all lists them."
    missing = found.absent if list_all else found.absent[:SHOWN_CHANGES]
    for record, key in missing:
        yield f"  only in the registry  {describe(record, key)}"
    if len(missing) < len(found.absent):
        yield f"  and {len(found.absent) - len(missing)} more; --all lists them."


def _outcome(found: "Difference", *, dry_run: bool) -> str:
    if not found.changes:
        return "The registry says this already: nothing was written."
    if dry_run:
        return "Dry run: nothing was written."
    return "Imported in one transaction, each change with its entry in the audit trail."


def _difference_json(found: "Difference", *, dry_run: bool) -> dict[str, object]:
    return {
        "written": bool(found.changes) and not dry_run,
        "added": dict(found.added),
        "corrected": [
            {"record": one.record, "key": one.key, "old": one.old, "new": one.new}
            for one in found.corrected
        ],
        "unchanged": found.unchanged,
        "absent": [{"record": record, "key": key} for record, key in found.absent],
    }


@app.command("export")
def export(
    place: Place,
    folder: Annotated[Path, typer.Argument(help="New or empty folder for the data set.")],
) -> None:
    """Write the registry as a kyphort data set; identities and withdrawn uses stay out."""
    from kyphort.workflows.registry import export_data  # noqa: PLC0415

    cohort = export_data(place, folder)
    typer.echo(
        f"Exported {len(cohort.patients)} patients, {len(cohort.vertebrae)} treated vertebrae and "
        f"{len(cohort.visits)} visits to {folder}."
    )


@app.command("add")
def add(
    place: Place,
    record: Record,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY… FIELD=VALUE…", help="Key in order, then fields."),
    ] = None,
    *,
    csv: Annotated[Path | None, typer.Option(help="Add the rows of this CSV file instead.")] = None,
    reason: Reason = "",
    who: Who = None,
) -> None:
    """Add a record, checked as a data set is; a visit with a level brings its assessment."""
    from kyphort.workflows import registry_entry  # noqa: PLC0415

    if csv is not None:
        done = registry_entry.add_file(place, record, csv, who=who, reason=reason)
    else:
        given = registry_entry.words_of(record, words or [])
        done = registry_entry.add_record(place, given, who=who, reason=reason)
    _show_receipt(done)


@app.command("correct")
def correct(
    place: Place,
    record: Record,
    words: Words,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the change.")],
    version: Version = None,
    who: Who = None,
) -> None:
    """Correct fields of a record; the old values stay in its history."""
    from kyphort.workflows import registry_entry  # noqa: PLC0415

    given = registry_entry.words_of(record, words)
    _show_receipt(
        registry_entry.correct_record(place, given, reason=reason, version=version, who=who)
    )


@app.command("remove")
def remove(
    place: Place,
    record: Record,
    key: Annotated[list[str], typer.Argument(metavar="KEY…", help="Key of the record.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the change.")],
    version: Version = None,
    who: Who = None,
) -> None:
    """Take a record out that should never have been there; its history stays."""
    from kyphort.registry import open_registry  # noqa: PLC0415
    from kyphort.workflows import registry_entry  # noqa: PLC0415

    stored = registry_entry.key_of(registry_entry.words_of(record, key))
    with open_registry(place, who=who) as registry:
        _show_receipt(
            registry.remove(record, stored, reason=registry_entry.said(reason), version=version)
        )


def _show_receipt(done: "Receipt") -> None:
    from kyphort.registry.reading import describe, differences  # noqa: PLC0415

    for change in done.changes:
        name = describe(change.record, change.key)
        if change.record == "record_lock":
            name = f"{change.key[1]} {' '.join(map(str, json.loads(str(change.key[2]))))}"
        what = (
            f": {', '.join(differences(change.record, change.old, change.new))}"
            if change.old and change.new
            else ""
        )
        moved = " (seen then)" if change.reason.startswith("seen on ") else ""
        typer.echo(f"{change.action.value:<8} {name}{what}{moved}")
    typer.echo(f"Entry {done.head.seq} of the audit trail, hash {done.head.hash[:12]}.")


@app.command("show")
def show(
    place: Place,
    patient: Patient,
    *,
    identity: Annotated[
        bool, typer.Option("--identity", help="Also who the patient is, from the vault.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show everything that the registry says of a patient, with the version of each record."""
    from kyphort.workflows.registry import patient_page  # noqa: PLC0415

    page = patient_page(place, patient, with_identity=identity)
    if as_json:
        _print_json(
            {
                record: [{**one.row, "row_version": one.version} for one in rows]
                for record, rows in page.records.items()
            }
        )
        return
    for line in _page_lines(page):
        typer.echo(line)


def _page_lines(page: "PatientPage") -> Iterable[str]:
    locked = ", locked" if ("patient", (page.patient_id,)) in page.locked else ""
    yield f"Patient {page.patient_id}{locked}"
    for record, rows in page.records.items():
        if rows:
            yield ""
            yield record.replace("_", " ")
            yield from _aligned(*_columns(record, rows))
    if page.last is not None:
        from kyphort.registry.reading import sentence  # noqa: PLC0415

        yield ""
        yield f"{page.events} entries in the audit trail; the last one by {sentence(page.last)}."


def _columns(record: str, rows: Sequence["Versioned"]) -> tuple[list[str], list[list[str]]]:
    """Return header and cells of the columns that hold anything."""
    from kyphort.registry.tables import ALL_SHAPES  # noqa: PLC0415

    fields = [
        one
        for one in ALL_SHAPES[record].fields
        if one.name != "patient_id" and any(one.words(found.row[one.name]) for found in rows)
    ]
    cells = [
        [*(one.words(found.row[one.name]) for one in fields), str(found.version)] for found in rows
    ]
    return [*(one.name for one in fields), "version"], cells


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


@app.command("history")
def history(
    place: Place,
    patient: Annotated[str, typer.Argument(help="Pseudonym, or 'dataset' for the description.")],
    row: Row = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show who did what to a patient or to one record, when and why, oldest first."""
    from kyphort.workflows.registry import history_of  # noqa: PLC0415
    from kyphort.workflows.registry_entry import words_or_none  # noqa: PLC0415

    if patient == "dataset":
        events = history_of(place, "", "dataset", (1,))
    elif row:
        record, key = words_or_none(row[0], row[1:], patient)
        events = history_of(place, patient, record, key)
    else:
        events = history_of(place, patient, None, ())
    if as_json:
        _print_json([_event_json(one) for one in events])
        return
    for event in events:
        typer.echo(_event_line(event))


def _event_line(event: "Event") -> str:
    from kyphort.registry.reading import contents, describe, differences  # noqa: PLC0415

    entry, values = event.entry, event.values
    start = f"{entry.seq:>6}  {event.at:%Y-%m-%d %H:%M:%S} UTC  {entry.who:<10}  {entry.action:<8}"
    if values is None:
        return f"{start}  {entry.record.replace('_', ' ')} (the values cannot be read any more)"
    changed = differences(entry.record, values.old, values.new)
    what = ", ".join(changed or contents(entry.record, values.new))
    reason = f"  [{values.reason}]" if values.reason else ""
    return f"{start}  {describe(entry.record, values.key)}{': ' if what else ''}{what}{reason}"


def _event_json(event: "Event") -> dict[str, object]:
    entry, values = event.entry, event.values
    said: dict[str, object] = {"readable": values is not None}
    if values is not None:
        said |= {"key": values.key, "old": values.old, "new": values.new, "reason": values.reason}
    return {
        "seq": entry.seq,
        "at": entry.at,
        "who": entry.who,
        "action": entry.action,
        "record": entry.record,
        "patient_id": entry.patient_id,
        "hash": entry.hash,
        **said,
    }


@app.command("lock")
def lock(
    place: Place, patient: Patient, row: Row = None, *, reason: Reason = "", who: Who = None
) -> None:
    """Lock a patient, or one record, as clean: nothing of it changes until it is unlocked."""
    from kyphort.registry import open_registry  # noqa: PLC0415
    from kyphort.workflows.registry_entry import words_or_none  # noqa: PLC0415

    record, key = words_or_none(row[0] if row else None, (row or [])[1:], patient)
    with open_registry(place, who=who) as registry:
        _show_receipt(registry.lock(record, key, reason=reason))


@app.command("unlock")
def unlock(
    place: Place,
    patient: Patient,
    row: Row = None,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the change.")],
    who: Who = None,
) -> None:
    """Unlock a patient, or one record, so that it can be corrected; say why."""
    from kyphort.registry import open_registry  # noqa: PLC0415
    from kyphort.workflows.registry_entry import said, words_or_none  # noqa: PLC0415

    record, key = words_or_none(row[0] if row else None, (row or [])[1:], patient)
    with open_registry(place, who=who) as registry:
        _show_receipt(registry.unlock(record, key, reason=said(reason)))


@app.command("withdraw")
def withdraw(
    place: Place,
    patient: Patient,
    *,
    form: Annotated[
        WithdrawalChoice,
        typer.Option(help="Nothing new is recorded; no analysis uses it; or all is destroyed."),
    ],
    reason: Annotated[str, typer.Option(help="Why; it must not name the person.")],
    date: Annotated[
        dt.date | None,
        typer.Option(parser=_date, metavar="DATE", help="Date of the withdrawal; default: today."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
    who: Who = None,
) -> None:
    """Record a withdrawal: stop following, stop using, or erase a patient for good.

    Erasing destroys the records, the identity and the key of the audit values. Earlier backups
    still hold them: destroy those too.
    """
    from kyphort.workflows.registry import erase, withdraw_patient  # noqa: PLC0415

    if form is not WithdrawalChoice.ERASE:
        _show_receipt(withdraw_patient(place, patient, form.value, date, reason=reason, who=who))
        return
    if not yes:
        typer.confirm(f"Destroy everything about {patient}? It cannot be undone.", abort=True)
    done = erase(place, patient, reason=reason, who=who)
    typer.echo(f"erased   patient {patient}: records, identity and key are destroyed.")
    typer.echo("Earlier backups and exports still hold the patient: destroy them too.")
    typer.echo(f"Entry {done.head.seq} of the audit trail, hash {done.head.hash[:12]}.")


@app.command("backup")
def backup(
    place: Place,
    file: Annotated[Path, typer.Argument(help="New file; the vault goes into FILE.vault.")],
) -> None:
    """Write a backup of the registry, while others may go on working."""
    from kyphort.registry import open_registry  # noqa: PLC0415
    from kyphort.registry.backup import vault_file  # noqa: PLC0415

    with open_registry(place, must_write=False) as registry:
        done = registry.backup(file)
    typer.echo(f"Backup:  {file} (data and audit trail)")
    typer.echo(f"         {vault_file(file)} (identities and keys)")
    typer.echo(f"Content: {done.content_sha256}")
    typer.echo(f"Head:    {done.head} (entry {done.entries})")


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="Backup; its FILE.vault stands beside it.")],
    place: Place,
) -> None:
    """Make a registry at a new place from a backup, in SQLite or PostgreSQL."""
    from kyphort.registry import restore as run  # noqa: PLC0415

    done = run(file, place)
    typer.echo(f"Content: {done.content_sha256}")
    typer.echo(f"Head:    {done.head} (entry {done.entries})")


@app.command("migrate")
def migrate(place: Place, *, who: Who = None) -> None:
    """Bring the tables of a registry to the version of this kyphort: all of it or nothing."""
    from kyphort.registry import renew  # noqa: PLC0415

    before, after = renew(place, who=who)
    if before == after:
        typer.echo(f"The tables have version {int(after)} already: nothing was changed.")
    else:
        typer.echo(f"The tables were renewed from version {int(before)} to {int(after)}.")


@app.command("verify")
def verify(
    place: Place,
    *,
    expect: Annotated[
        str | None, typer.Option(metavar="HASH", help="Hash that was noted down before.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute the audit trail, rebuild every row from it, and name whatever differs.

    Exits with 5 when something was tampered with.
    """
    from kyphort.registry import open_registry  # noqa: PLC0415

    with open_registry(place, must_write=False) as registry:
        found = registry.verify(expect)
    if as_json:
        _print_json(
            {
                "sound": found.is_sound,
                "entries": found.head.seq,
                "head": found.head.hash,
                "unreadable": found.unreadable,
                "vault": found.has_vault,
                "faults": found.faults,
            }
        )
    else:
        for fault in found.faults:
            typer.echo(f"fault  {fault}")
        typer.echo(_verdict(len(found.faults), found.head.seq, has_vault=found.has_vault))
        if found.unreadable:
            typer.echo(f"{found.unreadable} entries belong to erased patients and stay sealed.")
        typer.echo(f"Head: {found.head.hash}")
    if not found.is_sound:
        raise typer.Exit(RegistryError.exit_code)


def _verdict(faults: int, entries: int, *, has_vault: bool) -> str:
    if faults:
        return f"{faults} fault{'' if faults == 1 else 's'} in {entries} entries and their rows."
    if has_vault:
        return f"Sound: {entries} entries follow from each other and rebuild every row."
    return (
        f"Sound: {entries} entries follow from each other; without the vault no row was compared."
    )


@app.command("list")
def list_(place: Place, *, as_json: AsJson = False) -> None:
    """List the patients: levels, visits, last contact, state."""
    from kyphort.workflows.registry import overview  # noqa: PLC0415

    found = overview(place)
    if as_json:
        _print_json(_overview_json(found))
        return
    rows = [
        [
            one.patient_id,
            "·".join(one.vertebrae),
            str(one.visits),
            one.last_contact_date,
            f"{one.state}{', locked' if one.is_locked else ''}",
        ]
        for one in found.patients
    ]
    if rows:
        for line in _aligned(["patient", "levels", "visits", "last contact", "state"], rows):
            typer.echo(line)
    erased = f", {found.erased} erased" if found.erased else ""
    name = found.name or "no data set yet"
    typer.echo(
        f"{len(rows)} patients{erased}. {name}, data cut-off {found.data_cut_off or 'none'}."
    )
    if found.synthetic:
        typer.echo("SYNTHETIC DATA: no row is a real person.")


def _overview_json(found: "Overview") -> dict[str, object]:
    return {
        "name": found.name,
        "data_cut_off": found.data_cut_off,
        "synthetic": found.synthetic,
        "erased": found.erased,
        "patients": [
            {
                "patient_id": one.patient_id,
                "levels": one.vertebrae,
                "visits": one.visits,
                "last_contact_date": one.last_contact_date,
                "state": one.state,
                "locked": one.is_locked,
            }
            for one in found.patients
        ],
    }


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=1, ensure_ascii=True))
