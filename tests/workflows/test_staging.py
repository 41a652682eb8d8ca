"""Folders appear complete or not at all."""

from pathlib import Path

import pytest

from kyphort.errors import OutputError
from kyphort.workflows.staging import staged_folder


def test_a_new_folder_appears_with_its_files(tmp_path: Path) -> None:
    with staged_folder(tmp_path / "deep" / "out") as stage:
        (stage / "results.json").write_text("{}")
        assert not (tmp_path / "deep" / "out").exists()
    assert (tmp_path / "deep" / "out" / "results.json").read_text() == "{}"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_a_previous_result_is_replaced_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text("{}")
    (out / "old.csv").write_text("1")
    with staged_folder(out) as stage:
        (stage / "results.json").write_text('{"new": 1}')
    assert [path.name for path in out.iterdir()] == ["results.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_error_inside_leaves_everything_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text("{}")
    with pytest.raises(ZeroDivisionError), staged_folder(out) as stage:
        (stage / "results.json").write_text('{"new": 1}')
        raise ZeroDivisionError
    assert (out / "results.json").read_text() == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_file_is_not_put_in_place(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"figure\.svg"), staged_folder(tmp_path / "o") as stage:
        (stage / "results.json").write_text("{}")
        (stage / "figure.svg").touch()
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with staged_folder(tmp_path / "out") as stage:
        (stage / "results.json").write_text("{}")
    assert (tmp_path / "out" / "results.json").exists()


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="is a file"), staged_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out").read_text() == "mine"


def test_a_file_on_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(OutputError, match="cannot be written"),
        staged_folder(tmp_path / "file/out"),
    ):
        pass


def test_a_failing_block_leaves_no_new_parents(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), staged_folder(tmp_path / "a" / "b" / "out"):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())
