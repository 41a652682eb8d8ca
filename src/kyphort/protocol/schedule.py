"""What a follow-up protocol asks for: visits with a target, a window and what belongs to them."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from kyphort.errors import InvalidDataError
from kyphort.protocol.criteria import Criterion
from kyphort.units import DAYS_PER_MONTH, add_calendar_months


class Anchor(StrEnum):
    """The day from which a visit's target counts.

    A patient who was not randomised has no visit that counts from randomisation.
    """

    PROCEDURE = "procedure"
    RANDOMISATION = "randomisation"


class Requirement(StrEnum):
    """What a visit must bring to count as done.

    `imaging` asks for an assessable CT or MRI reading of each level of the procedure, `pain` for a
    pain score, `seen` for any record of the patient on that day.
    """

    IMAGING = "imaging"
    PAIN = "pain"
    SEEN = "seen"


class OffsetUnit(StrEnum):
    """The unit of a target: days and weeks are counted, months are calendar months."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Offset:
    """A span from the anchor to a target, for example 6 weeks or 3 calendar months.

    >>> Offset(6, OffsetUnit.MONTHS).after(dt.date(2015, 8, 31))
    datetime.date(2016, 2, 29)
    >>> Offset(2, OffsetUnit.WEEKS).after(dt.date(2015, 8, 31))
    datetime.date(2015, 9, 14)
    """

    number: int
    unit: OffsetUnit

    def after(self, anchor: dt.date) -> dt.date:
        """Return the target: the same day of a later month, clamped to the month's end."""
        if self.unit is OffsetUnit.MONTHS:
            return add_calendar_months(anchor, self.number)
        return anchor + dt.timedelta(days=self.number * (7 if self.unit is OffsetUnit.WEEKS else 1))

    @property
    def mean_days(self) -> float:
        """The length of the span [d], with months of 30.4375 days; it only orders visits."""
        in_days = {OffsetUnit.DAYS: 1.0, OffsetUnit.WEEKS: 7.0, OffsetUnit.MONTHS: DAYS_PER_MONTH}
        return self.number * in_days[self.unit]

    def __str__(self) -> str:
        """Write the span, for example "3 months"."""
        word = self.unit.value[:-1] if self.number == 1 else self.unit.value
        return f"day {self.number}" if self.unit is OffsetUnit.DAYS else f"{self.number} {word}"


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit of a protocol: target, window, requirements and where they are written.

    The window reaches from `before_days` before the target to `after_days` after it, both days
    included. `make_good_days` limits how long after the window a late planned visit still counts;
    None means until the window of the next visit that asks for the same. With
    `repeat_every_months` the visit returns at that interval for as long as the patient is followed.

    `verified` says that the target was read in `source`, `window_verified` that the window was;
    what is not verified is an assumption and is shown as one.
    """

    id: str
    name: str
    offset: Offset
    before_days: int
    after_days: int
    requires: tuple[Requirement, ...]
    source: str
    verified: bool
    window_verified: bool
    anchor: Anchor = Anchor.PROCEDURE
    repeat_every_months: int | None = None
    make_good_days: int | None = None

    def repeated(self, times: int) -> "PlannedVisit":
        """Return the repetition number `times`; number 0 is the visit itself."""
        if times == 0 or self.repeat_every_months is None:
            return self
        months = self.offset.number + times * self.repeat_every_months
        offset = Offset(months, OffsetUnit.MONTHS)
        return replace(self, id=f"m{months}", name=str(offset), offset=offset)


class RuleKind(StrEnum):
    """Whether a protocol lists a rule among those to be fulfilled or among those that exclude."""

    INCLUSION = "inclusion"
    EXCLUSION = "exclusion"


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    """One rule of eligibility, written as what must hold, with its source.

    An exclusion is written as its opposite ("no earlier radiotherapy"), so that "met" is always
    good news. `criterion` looks it up in the records; without one the answer is given by hand.
    """

    id: str
    text: str
    kind: RuleKind
    source: str
    verified: bool
    criterion: Criterion | None = None


@dataclass(frozen=True, slots=True)
class FollowUpProtocol:
    """A protocol: eligibility and visits in order, its provenance, and what is not known of it.

    `unknown` names parts of the published schedule that could not be read; they are left out of
    `visits` and never guessed. `trial` is the registration number by which memberships name it.

    Raises
    ------
    InvalidDataError
        When there is no visit, an id is repeated, targets do not rise, or a visit repeats that is
        not the last or has no target in months.
    """

    id: str
    title: str
    source: str
    verified: bool
    visits: tuple[PlannedVisit, ...]
    unknown: tuple[str, ...] = ()
    trial: str = ""
    eligibility: tuple[EligibilityRule, ...] = ()

    def __post_init__(self) -> None:
        found = tuple(faults(self.id, self.visits, self.eligibility))
        if found:
            raise InvalidDataError(" ".join(found))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is not verified of the schedule, one phrase for each visit."""
        named = ((one, _unverified_parts(one)) for one in self.visits)
        return tuple(f"{one.name}: {parts}" for one, parts in named if parts)

    @property
    def unverified_rules(self) -> tuple[str, ...]:
        """The ids of the rules of eligibility that were not read in their source."""
        return tuple(one.id for one in self.eligibility if not one.verified)


def _unverified_parts(visit: PlannedVisit) -> str:
    parts = (("target", visit.verified), ("window", visit.window_verified))
    return " and ".join(name for name, is_verified in parts if not is_verified)


def faults(
    protocol: str, visits: Sequence[PlannedVisit], rules: Sequence[EligibilityRule]
) -> Iterator[str]:
    """Yield everything that is wrong with visits and rules as a whole, one sentence for each."""
    if not visits:
        yield f"Protocol {protocol}: no visit. Add a [[visit]]."
    for kind, ids in (
        ("visit", [one.id for one in visits]),
        ("rule", [one.id for one in rules]),
    ):
        for name in dict.fromkeys(one for one in ids if ids.count(one) > 1):
            yield f"Protocol {protocol}: the {kind} '{name}' appears more than once. Rename one."
    for earlier, later in pairwise(visits):
        yield from _faults_of_order(protocol, earlier, later)
    last = visits[-1] if visits else None
    if last and last.repeat_every_months and last.offset.unit is not OffsetUnit.MONTHS:
        yield (
            f"Protocol {protocol}, visit '{last.id}': a visit that repeats has a target in "
            f"{last.offset.unit}. Allowed: months. Give target_months."
        )


def _faults_of_order(protocol: str, earlier: PlannedVisit, later: PlannedVisit) -> Iterator[str]:
    if earlier.repeat_every_months is not None:
        yield (
            f"Protocol {protocol}: visit '{earlier.id}' repeats, but '{later.id}' follows it. Only "
            "the last visit may repeat: move or remove repeat_every_months."
        )
    if earlier.anchor is later.anchor and earlier.offset.mean_days >= later.offset.mean_days:
        yield (
            f"Protocol {protocol}: visit '{later.id}' ({later.offset}) stands after "
            f"'{earlier.id}' ({earlier.offset}). Targets must rise: put the visits in order."
        )
