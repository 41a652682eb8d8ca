"""Follow-up protocols as TOML files: the shipped ones, a centre's own, and a template."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from kyphort.errors import InvalidDataError
from kyphort.protocol.fields import Fields
from kyphort.protocol.schedule import (
    Anchor,
    FollowUpProtocol,
    Offset,
    OffsetUnit,
    PlannedVisit,
    Requirement,
)

DEFAULT_PROTOCOL = "bludau2020_abstract"
"""The schedule in the founding publication's abstract: 3 and 6 months, then every 6 months."""

_TEMPLATE = "template"
_LONGEST_WINDOW_DAYS = 3_660
_LONGEST_OFFSET = {OffsetUnit.DAYS: 36_600, OffsetUnit.WEEKS: 5_200, OffsetUnit.MONTHS: 1_200}


def available_protocols() -> tuple[str, ...]:
    """Return the ids of the protocols that kyphort carries.

    >>> available_protocols()
    ('bludau2020_abstract', 'bludau2020_methods', 'nct01280032', 'nct02773966')
    """
    names = (one.name.removesuffix(".toml") for one in _shelf().iterdir())
    return tuple(sorted(name for name in names if name != _TEMPLATE))


def load_protocol(protocol_id: str) -> FollowUpProtocol:
    """Return a shipped protocol.

    Raises
    ------
    InvalidDataError
        When kyphort does not carry it.

    Examples
    --------
    >>> [str(one.offset) for one in load_protocol("bludau2020_abstract").visits]
    ['day 7', '3 months', '6 months']
    """
    if protocol_id not in available_protocols():
        raise InvalidDataError(
            f"kyphort has no follow-up protocol '{protocol_id}', and there is no such file. "
            f"Available: {', '.join(available_protocols())}. Choose one, or write your own with "
            "'kyphort protocol new FILE'."
        )
    text = (_shelf() / f"{protocol_id}.toml").read_text(encoding="utf-8")
    return _protocol(tomllib.loads(text), f"{protocol_id}.toml")


def read_protocol(path: Path) -> FollowUpProtocol:
    """Read a protocol file.

    Raises
    ------
    InvalidDataError
        When the file is missing, is no TOML, or has an unknown key or a value that is not allowed.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise InvalidDataError(
            f"There is no protocol file {path}. Write one with 'kyphort protocol new {path}'."
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidDataError(f"{path} is not a TOML file: {error}. Correct it.") from error
    return _protocol(given, path.name)


def find_protocol(id_or_file: str) -> FollowUpProtocol:
    """Return the shipped protocol of that id, or the one in that file.

    An id wins over a file of the same name without ending; `./name` always means the file.
    """
    is_file = "/" in id_or_file or id_or_file.endswith(".toml") or Path(id_or_file).is_file()
    if id_or_file in available_protocols() or not is_file:
        return load_protocol(id_or_file)
    return read_protocol(Path(id_or_file))


def protocol_template_text() -> str:
    """Return the commented protocol file to start from."""
    return (_shelf() / f"{_TEMPLATE}.toml").read_text(encoding="utf-8")


def _shelf() -> Traversable:
    return resources.files("kyphort.protocol") / "data"


def _protocol(given: Mapping[str, object], name: str) -> FollowUpProtocol:
    top = Fields(given, {"unknown": []}, name)
    protocol = FollowUpProtocol(
        id=top.text("id"),
        title=top.text("title"),
        source=top.text("source"),
        verified=top.flag("verified"),
        visits=tuple(_visit(one) for one in top.entries("visit")),
        unknown=top.texts("unknown"),
    )
    top.refuse_unknown()
    return protocol


def _visit(fields: Fields) -> PlannedVisit:
    visit = PlannedVisit(
        id=fields.text("id"),
        name=fields.text("name"),
        offset=_offset(fields),
        before_days=fields.whole("before_days", above=-1, below=_LONGEST_WINDOW_DAYS),
        after_days=fields.whole("after_days", above=-1, below=_LONGEST_WINDOW_DAYS),
        requires=_requirements(fields),
        source=fields.text("source"),
        verified=fields.flag("verified"),
        window_verified=fields.flag("window_verified"),
        anchor=fields.choice("anchor", Anchor),
        repeat_every_months=_optional(fields, "repeat_every_months", above=0),
        make_good_days=_optional(fields, "make_good_days", above=-1),
    )
    fields.refuse_unknown()
    return visit


def _requirements(fields: Fields) -> tuple[Requirement, ...]:
    found = fields.choices("requires", Requirement)
    if not found or len(set(found)) < len(found):
        raise InvalidDataError(
            f"{fields.place}: requires is {[str(one) for one in found]}. Allowed: one or more of "
            f"{', '.join(Requirement)}, each once. Correct it."
        )
    return tuple(found)


def _offset(fields: Fields) -> Offset:
    """Return the one target that is given, in days, weeks or months."""
    given = [unit for unit in OffsetUnit if fields.has(f"target_{unit}")]
    if len(given) != 1:
        found = " and ".join(f"target_{unit}" for unit in given) or "no target"
        raise InvalidDataError(
            f"{fields.place}: {found}. Allowed: exactly one of target_days, target_weeks and "
            "target_months. Correct it."
        )
    unit = given[0]
    longest = _LONGEST_OFFSET[unit]
    return Offset(fields.whole(f"target_{unit}", above=-longest, below=longest), unit)


def _optional(fields: Fields, key: str, *, above: int) -> int | None:
    limit = _LONGEST_WINDOW_DAYS
    return fields.whole(key, above=above, below=limit) if fields.has(key) else None
