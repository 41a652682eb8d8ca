"""From the bytes of a file to its text: encodings are recognised, and named when not plain."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.findings import Finding

_LARGEST_BYTES = 200_000_000
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE_AS = "Save it as CSV (UTF-8) in your spreadsheet program."


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text and the findings about its bytes; None when there is no text to read."""

    content: str | None
    findings: tuple[Finding, ...] = ()


def read_text(path: Path) -> Text:
    """Return the text of the file at `path`, whatever its encoding."""
    raw = _bytes_of(path)
    if isinstance(raw, Finding):
        return Text(None, (raw,))
    if raw.startswith(_WORKBOOK_STARTS):
        message = "a workbook or archive, not text."
        return Text(None, (rules.FILE_FORMAT.found(path.name, message, _SAVE_AS),))
    content, name = _decoded(raw)
    if content is None:
        message = f"begins like {name} but cannot be read as such."
        return Text(None, (rules.FILE_FORMAT.found(path.name, message, _SAVE_AS),))
    return _without_nul(path.name, content, tuple(_encoding_note(path.name, name)))


def is_left_out(path: Path) -> bool:
    """Tell whether an optional file is absent, and not merely there under another ending."""
    try:
        others = path.parent.iterdir()
        return not any(one.stem.casefold() == path.stem.casefold() for one in others)
    except OSError:
        return False


def _bytes_of(path: Path) -> bytes | Finding:
    try:
        if not path.exists():
            return _missing(path)
        if not path.is_file():
            return rules.FILE_UNREADABLE.found(
                path.name, "not a file.", "Put the file in the place of what has its name."
            )
        size = path.stat().st_size
        return _too_large(path, size) if size > _LARGEST_BYTES else path.read_bytes()
    except OSError as error:
        return rules.FILE_UNREADABLE.found(
            path.name, f"cannot be read ({error.strerror}).", "Check the rights of the file."
        )


def _too_large(path: Path, size: int) -> Finding:
    return rules.FILE_UNREADABLE.found(
        path.name,
        f"holds {size / 1e6:.0f} MB. Allowed: {_LARGEST_BYTES / 1e6:.0f} MB.",
        "Check that it is the right file.",
    )


def _missing(path: Path) -> Finding:
    others = sorted(
        one.name
        for one in path.parent.iterdir()
        if one.stem.casefold() == path.stem.casefold() and one.name != path.name
    )
    if others:
        remedy = f"There is '{others[0]}': save it as {path.name}."
    else:
        remedy = "Add the file; kyphort template DIR makes an empty one."
    return rules.FILE_MISSING.found(path.name, "the file is missing.", remedy)


def _decoded(raw: bytes) -> tuple[str | None, str]:
    """Return the text and the name of its encoding, empty for plain UTF-8."""
    for mark, encoding, name in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return _decode(raw, encoding), name
    if raw[1:2] == b"\0" and raw[:1] != b"\0":
        return _decode(raw, "utf-16-le"), "UTF-16 without a byte order mark"
    if raw[:1] == b"\0" and raw[1:2] != b"\0":
        return _decode(raw, "utf-16-be"), "UTF-16 without a byte order mark"
    for encoding, name in (("utf-8", ""), ("cp1252", "Windows-1252")):
        content = _decode(raw, encoding)
        if content is not None:
            return content, name
    return raw.decode("latin-1"), "Latin-1"


def _decode(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _encoding_note(file: str, name: str) -> Iterator[Finding]:
    if name:
        yield rules.ENCODING.found(
            file, f"read as {name}.", "Check that names with accents and umlauts came out right."
        )


def _without_nul(file: str, content: str, findings: tuple[Finding, ...]) -> Text:
    if "\0" not in content:
        return Text(content, findings)
    line = content[: content.index("\0")].count("\n") + 1
    nul = rules.NUL.found(
        file, "holds NUL bytes, which no text has.", "Copy or export the file again.", row=line
    )
    return Text(None, (*findings, nul))
