"""Dotted paths into the results: the way the publication's file names a computed value."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from kyphort.errors import InvalidDataError

NUMBERLESS = (
    "provenance",
    "study",
    "curves",
    "endpoint_rows",
    "readings",
    "comparators",
    "sources",
    "source_curves",
    "source_rows",
    "data_findings",
    "quality",
    "filled",
    "comparison",
    "errata",
    "determination",
)
"""Keys of the results that hold no estimates of their own."""


def value_at(results: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value at a dotted path; a list of landmarks is entered by its time.

    >>> value_at({"os": [{"time_months": 6.0, "estimate": 0.7}]}, "os.6.estimate")
    0.7
    >>> value_at({"by_distance_mm": {"8.5": {"vertebrae": 3}}}, "by_distance_mm.8.5.vertebrae")
    3
    """
    found: Any = results
    rest = path
    while rest:
        found = _keyed(found)
        key = _first_key(found, rest)
        if key is None:
            raise InvalidDataError(
                f"The results have nothing at '{path}' (missing: '{rest}'). Correct the path in "
                "the publication's file."
            )
        found, rest = found[key], rest[len(key) + 1 :]
    return found


def _keyed(value: object) -> object:
    if _is_landmarks(value):
        return {f"{item['time_months']:g}": item for item in value}
    return value


def _first_key(value: object, path: str) -> str | None:
    """Return the longest key that the path begins with; a key such as "8.5" has a point itself."""
    if not isinstance(value, Mapping):
        return None
    keys = [key for key in value if path == key or path.startswith(f"{key}.")]
    return max(keys, key=len, default=None)


def numbers_in(results: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the dotted path and value of every number of the results.

    >>> list(numbers_in({"counts": {"patients": 104}, "provenance": {"seed": 1}}))
    [('counts.patients', 104)]
    """
    for key, value in results.items():
        if key not in NUMBERLESS:
            yield from _numbers_below(key, value)


def _numbers_below(path: str, value: object) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield path, value
    elif isinstance(value, Mapping):
        for key, below in value.items():
            if key != "time_months":
                yield from _numbers_below(f"{path}.{key}", below)
    elif isinstance(value, Sequence) and _is_landmarks(value):
        for item in value:
            yield from _numbers_below(f"{path}.{item['time_months']:g}", item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for position, item in enumerate(value):
            yield from _numbers_below(f"{path}.{position}", item)


def _is_landmarks(value: object) -> TypeGuard[Sequence[Mapping[str, Any]]]:
    return (
        isinstance(value, Sequence)
        and bool(value)
        and isinstance(value[0], Mapping)
        and "time_months" in value[0]
    )
