"""Make an empty data set: files to fill, a data dictionary, a study file, and an example."""

import shutil
import tempfile
from pathlib import Path

from kyphort import __version__
from kyphort.errors import OutputError
from kyphort.exchange.csv_set.dictionary import dictionary_words, rule_words
from kyphort.exchange.csv_set.template import example_files, template_files
from kyphort.protocol import study_template_text
from kyphort.reports.dictionary import (
    Dictionary,
    dictionary_csv,
    dictionary_of,
    dictionary_page,
)

STUDY_FILE = "study.toml"
EXAMPLE_FOLDER = "example"


def write_template(folder: Path) -> tuple[str, ...]:
    """Write an empty data set into `folder`, new or empty, and return the names of its files.

    The folder appears complete or not at all.

    Raises
    ------
    OutputError
        When `folder` is a file, holds files already, or cannot be written to.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     names = write_template(Path(home) / "data")
    >>> names[:3]
    ('dataset.toml', 'patients.csv', 'vertebrae.csv')
    """
    _check_is_free(folder)
    texts = _texts()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            _write(texts, stage)
            _put_in_place(stage, folder)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror}). Choose a folder you may write to."
        ) from error
    return tuple(texts)


def declared_dictionary() -> Dictionary:
    """Return the data dictionary of the declaration that the reader uses."""
    return dictionary_of(dictionary_words(), rule_words())


def _texts() -> dict[str, str]:
    dictionary = declared_dictionary()
    example = {f"{EXAMPLE_FOLDER}/{name}": text for name, text in example_files().items()}
    return {
        **template_files(),
        STUDY_FILE: study_template_text(),
        "data_dictionary.html": dictionary_page(dictionary, __version__),
        "data_dictionary.csv": dictionary_csv(dictionary),
        **example,
    }


def _check_is_free(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file. Give the name of a folder for the data set.")
    present = sorted(one.name for one in folder.iterdir())
    if present:
        raise OutputError(
            f"{folder} is not empty (for example '{present[0]}'). A template overwrites nothing: "
            "choose an empty or a new folder."
        )


def _write(texts: dict[str, str], stage: Path) -> None:
    stage.chmod(0o755)
    for name, text in texts.items():
        path = stage / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())


def _put_in_place(stage: Path, folder: Path) -> None:
    if folder.exists():
        folder.rmdir()
    stage.rename(folder)
