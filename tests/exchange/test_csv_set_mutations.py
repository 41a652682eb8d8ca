"""Whatever happens to the bytes of a data set: a cohort or a helpful error, nothing else."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.errors import KyphortError
from kyphort.exchange.csv_set import check_csv_set, read_csv_set
from kyphort.exchange.csv_set.columns import FILE_NAMES
from kyphort.exchange.csv_set.template import example_files

Mutation = Callable[[bytes], bytes]

EXAMPLE = {name: text.encode() for name, text in example_files().items()}
ENCODINGS = ("utf-8-sig", "cp1252", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-7", "cp037")
SNIPPETS = st.sampled_from(
    [b"", b"\0", b'"', b'""', b"\r", b"\n\n", b";", b"\t", b",", b"=1", b"\xff\xfe", b"-", b"1e999"]
) | st.binary(max_size=6)


def flipped(position: float, bit: int) -> Mutation:
    def change(raw: bytes) -> bytes:
        if not raw:
            return raw
        index = min(int(position * len(raw)), len(raw) - 1)
        return raw[:index] + bytes([raw[index] ^ 1 << bit]) + raw[index + 1 :]

    return change


def inserted(position: float, snippet: bytes, removed: int) -> Mutation:
    def change(raw: bytes) -> bytes:
        index = int(position * len(raw))
        return raw[:index] + snippet + raw[index + removed :]

    return change


def without_line(index: int) -> Mutation:
    return lambda raw: b"".join(
        line for number, line in enumerate(raw.splitlines(keepends=True)) if number != index
    )


def with_columns_exchanged(first: int, second: int) -> Mutation:
    def exchanged(line: bytes) -> bytes:
        cells = line.split(b",")
        if max(first, second) < len(cells):
            cells[first], cells[second] = cells[second], cells[first]
        return b",".join(cells)

    return lambda raw: b"\r\n".join(map(exchanged, raw.splitlines()))


def recoded(encoding: str) -> Mutation:
    return lambda raw: raw.decode("utf-8", errors="ignore").encode(encoding, errors="ignore")


POSITIONS = st.floats(0, 1)
MUTATIONS = st.one_of(
    st.builds(flipped, POSITIONS, st.integers(0, 7)),
    st.builds(inserted, POSITIONS, SNIPPETS, st.integers(0, 40)),
    st.builds(without_line, st.integers(0, 22)),
    st.builds(with_columns_exchanged, st.integers(0, 12), st.integers(0, 12)),
    st.builds(recoded, st.sampled_from(ENCODINGS)),
)
CHANGES = st.lists(st.tuples(st.sampled_from(FILE_NAMES), MUTATIONS), min_size=1, max_size=6)


@given(CHANGES)
def test_mutated_bytes_give_a_cohort_or_a_helpful_error(
    changes: list[tuple[str, Mutation]],
) -> None:
    contents = dict(EXAMPLE)
    for name, mutation in changes:
        contents[name] = mutation(contents[name])
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        checked = check_csv_set(folder)
        assert (checked.cohort is None) == bool(checked.errors)
        assert all(finding.line.isprintable() for finding in checked.findings)
        # The catch-all is for what no rule foresaw: random bytes must not find such a case.
        assert "KD-COHORT" not in {finding.rule for finding in checked.findings}
        if checked.errors:
            with pytest.raises(KyphortError, match=re.escape(checked.errors[0].line)):
                read_csv_set(folder)
        else:
            assert read_csv_set(folder) == checked.cohort


@given(st.dictionaries(st.sampled_from(FILE_NAMES), st.binary(max_size=200), min_size=1))
def test_any_bytes_give_a_cohort_or_a_helpful_error(contents: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for name, content in (EXAMPLE | contents).items():
            (folder / name).write_bytes(content)
        checked = check_csv_set(folder)
        assert (checked.cohort is None) == bool(checked.errors)
