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

    A new folder appears complete or not at all; from an empty one everything is removed again
    when a file cannot be written.

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
        if folder.exists():
            _fill(folder, texts)
        else:
            _make(folder, texts)
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


def _make(folder: Path, texts: dict[str, str]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        stage.chmod(0o755)
        _write(texts, stage)
        stage.rename(folder)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _fill(folder: Path, texts: dict[str, str]) -> None:
    """Write into an empty folder; it may be the one the user stands in, so it is not replaced."""
    stage = Path(tempfile.mkdtemp(prefix=".template.", dir=folder))
    moved: list[Path] = []
    try:
        _write(texts, stage)
        for path in sorted(stage.iterdir()):
            moved.append(path.rename(folder / path.name))
    except OSError:
        for path in moved:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        raise
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _write(texts: dict[str, str], stage: Path) -> None:
    for name, text in texts.items():
        path = stage / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
