"""New folders and files that appear complete or not at all; nothing is ever overwritten."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kyphort.errors import OutputError


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes `target` when the block ends well.

    Raises
    ------
    OutputError
        When `target` is a file, holds anything, or cannot be written to. Nothing is changed then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with new_folder(Path(home) / "data") as stage:
    ...         _ = (stage / "patients.csv").write_text("patient_id")
    ...     [path.name for path in (Path(home) / "data").iterdir()]
    ['patients.csv']
    """
    check_is_free(target)
    with stage_beside(target, lambda stage: stage.rename(target)) as stage:
        yield stage


@contextmanager
def stage_beside(target: Path, put: Callable[[Path], object]) -> Iterator[Path]:
    """Hand out a hidden folder beside `target`; `put` moves it there when the block has ended well.

    Raises
    ------
    OutputError
        When the folder or what is in it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written ({error.strerror}). Choose a folder you may write to."
        ) from error
    try:
        stage.chmod(0o755)
        yield stage
        put(stage)
    except OSError as error:
        raise OutputError(
            f"{target} could not be written ({error.strerror}). Nothing was changed; check the "
            "free space and the rights of the folder."
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def check_is_free(target: Path) -> None:
    """Refuse a target that is a file or holds anything."""
    try:
        if not target.exists():
            return
        present = sorted(one.name for one in target.iterdir()) if target.is_dir() else None
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written ({error.strerror}). Choose a folder you may write to."
        ) from error
    if present is None:
        raise OutputError(f"{target} is a file. Give the name of a new folder.")
    if present:
        raise OutputError(
            f"{target} is not empty (for example '{present[0]}'). Nothing is overwritten: choose "
            "an empty or a new folder."
        )


def check_is_new(path: Path) -> None:
    """Refuse a file that exists."""
    if path.exists():
        raise OutputError(f"{path} exists. Nothing is overwritten: choose another name.")


def write_new_file(path: Path, text: str, *, private: bool = False) -> None:
    """Write a new file, whole or not at all; a private one can be read by its owner alone.

    Raises
    ------
    OutputError
        When it exists or cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     write_new_file(Path(home) / "map.toml", "kyphort_map = 1")
    ...     (Path(home) / "map.toml").read_text()
    'kyphort_map = 1'
    """
    check_is_new(path)
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(name).chmod(0o600 if private else 0o644)
        Path(name).rename(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}). Choose a file you may write."
        ) from error
    finally:
        if name:
            Path(name).unlink(missing_ok=True)
