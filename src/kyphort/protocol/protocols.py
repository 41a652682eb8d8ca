"""Follow-up protocols as TOML files: the shipped ones, a centre's own, and a template."""

import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from kyphort.errors import FaultyDataError, InvalidDataError
from kyphort.protocol.fields import Fields
from kyphort.protocol.reading_criteria import read_criterion
from kyphort.protocol.schedule import (
    Anchor,
    EligibilityRule,
    FollowUpProtocol,
    Offset,
    OffsetUnit,
    PlannedVisit,
    Requirement,
    RuleKind,
    faults,
)
from kyphort.wording import counted

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
    FaultyDataError
        When there is an unknown key or a value that is not allowed; it carries all of them.
    InvalidDataError
        When the file is missing or is no TOML.
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


_Value = TypeVar("_Value")


class _Faults:
    """Collects what is wrong, so that a file is mended in one round."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def of(self, read: Callable[[], _Value], fallback: _Value) -> _Value:
        """Return what `read` gives, or the fallback with the fault kept."""
        try:
            return read()
        except InvalidDataError as error:
            self.lines.append(str(error))
            return fallback


def _protocol(given: Mapping[str, object], name: str) -> FollowUpProtocol:
    top, found = Fields(given, {"unknown": [], "eligibility": []}, name), _Faults()
    identifier = found.of(lambda: top.text("id"), "")
    title = found.of(lambda: top.text("title"), "")
    source = found.of(lambda: top.text("source"), "")
    trial = found.of(lambda: top.text("trial", optional=True), "")
    is_verified = found.of(lambda: top.flag("verified"), False)
    nothing: tuple[str, ...] = ()
    unknown = found.of(lambda: top.texts("unknown"), nothing)
    visits = [_visit(one, found) for one in _entries(top, "visit", found)]
    rules = [_rule(one, found) for one in _entries(top, "eligibility", found)]
    found.of(top.refuse_unknown, None)
    if not found.lines:
        found.lines += faults(identifier, visits, rules)
    if found.lines:
        raise FaultyDataError(
            f"{name} has {counted(len(found.lines), 'fault')}. Mend "
            f"{'it' if len(found.lines) == 1 else 'them'} and check again with: kyphort protocol "
            "check FILE",
            tuple(found.lines),
        )
    return FollowUpProtocol(
        identifier, title, source, is_verified, tuple(visits), unknown, trial, tuple(rules)
    )


def _entries(top: Fields, key: str, found: _Faults) -> list[Fields]:
    none: list[Fields] = []
    return found.of(lambda: top.entries(key), none)


def _visit(fields: Fields, found: _Faults) -> PlannedVisit:
    longest = _LONGEST_WINDOW_DAYS
    visit = PlannedVisit(
        id=found.of(lambda: fields.text("id"), ""),
        name=found.of(lambda: fields.text("name"), ""),
        offset=found.of(lambda: _offset(fields), Offset(0, OffsetUnit.DAYS)),
        before_days=found.of(lambda: fields.whole("before_days", above=-1, below=longest), 0),
        after_days=found.of(lambda: fields.whole("after_days", above=-1, below=longest), 0),
        requires=found.of(lambda: _requirements(fields), ()),
        source=found.of(lambda: fields.text("source"), ""),
        verified=found.of(lambda: fields.flag("verified"), False),
        window_verified=found.of(lambda: fields.flag("window_verified"), False),
        anchor=found.of(lambda: fields.choice("anchor", Anchor), Anchor.PROCEDURE),
        repeat_every_months=found.of(
            lambda: _optional(fields, "repeat_every_months", above=0), None
        ),
        make_good_days=found.of(lambda: _optional(fields, "make_good_days", above=-1), None),
    )
    found.of(fields.refuse_unknown, None)
    return visit


def _rule(fields: Fields, found: _Faults) -> EligibilityRule:
    rule = EligibilityRule(
        id=found.of(lambda: fields.text("id"), ""),
        text=found.of(lambda: fields.text("text"), ""),
        kind=found.of(lambda: fields.choice("kind", RuleKind), RuleKind.INCLUSION),
        source=found.of(lambda: fields.text("source"), ""),
        verified=found.of(lambda: fields.flag("verified"), False),
        criterion=found.of(lambda: read_criterion(fields), None),
    )
    found.of(fields.refuse_unknown, None)
    return rule


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
