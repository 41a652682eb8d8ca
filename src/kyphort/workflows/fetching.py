"""Fetching a live project: its files in a new folder, from where they are imported as any other."""

from pathlib import Path

from kyphort.errors import InvalidDataError
from kyphort.exchange.redcap.project import fetch_project
from kyphort.workflows.folders import check_is_free, new_folder


def fetch_redcap(url: str, token_file: Path, out: Path) -> tuple[str, ...]:
    """Write the files of a REDCap project into `out`, and return their names.

    Raises
    ------
    InvalidDataError
        When the URL or the token cannot be used.
    RemoteError
        When the server cannot be reached or refuses.
    OutputError
        When `out` cannot be written to, or holds anything.
    """
    check_is_free(out)
    try:
        token = token_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDataError(
            f"{token_file} cannot be read. Write the token of the API into a file of its own."
        ) from error
    files = fetch_project(url, token)
    with new_folder(out) as stage:
        for name, text in files.items():
            (stage / name).write_bytes(text.encode())
    return tuple(files)
