"""The CP-SAT model of one order of events: numbers at risk of every arm at every event.

Logarithms are whole multiples of 1e-8, terms of tests of 1e-6; windows are widened by what this
rounding can do, so that a proof of infeasibility holds. With `ties` the terms of tests are ranges
that hold whichever events share a day.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kyphort.reconstruction.orders import Order
from kyphort.reconstruction.sequences import chi_square_window
from kyphort.reconstruction.solver import cp_sat
from kyphort.reconstruction.statements import Cut, EndpointProblem, Kind, Statement
from kyphort.reconstruction.targets import (
    AtRisk,
    ChiSquare,
    Difference,
    Greenwood,
    Target,
)
from kyphort.reconstruction.ties import Room, expected, room_of, variance, weighted_share

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import IntVar

LOG_SCALE = 10**8
TABLE_SCALE = 10**6
CHI_SCALE = 10**5
_LOG_OF_NOTHING = -60 * LOG_SCALE


class OrderModel:
    """The variables of one order: `own[a][e]` at risk in arm a at event e, `whole[e]` of all."""

    def __init__(self, problem: EndpointProblem, order: Order, *, ties: bool = False) -> None:
        self.problem, self.order, self.ties = problem, order, ties
        self.model = cp_sat().CpModel()
        self.events = range(len(order.arms))
        self.own = [
            [self._between(*order.own[arm][event]) for event in self.events]
            for arm in problem.everybody
        ]
        self.whole = [self._between(*one) for one in order.pooled]
        self._tables: dict[tuple[str, tuple[int, ...], int], IntVar] = {}
        self._risk: dict[int, list[IntVar]] = {}
        self._tests: dict[str, tuple[IntVar, IntVar, IntVar, int]] = {}
        self._link()

    def _between(self, low: int, high: int) -> "IntVar":
        variable: IntVar = self.model.new_int_var(low, high, "")
        return variable

    def _link(self) -> None:
        for event in self.events:
            self.model.add(sum(one[event] for one in self.own) == self.whole[event])
        for event in list(self.events)[1:]:
            for arm in self.problem.everybody:
                lost = int(self.order.arms[event - 1] == arm)
                self.model.add(self.own[arm][event] <= self.own[arm][event - 1] - lost)

    def state(self, one: Statement) -> None:
        """Add one statement."""
        match one.kind:
            case Kind.SURVIVAL | Kind.NEVER_BELOW:
                self._survival(one)
            case Kind.GREENWOOD:
                self._greenwood(one)
            case Kind.AT_RISK:
                self._at_risk(one)
            case Kind.LOGRANK:
                self._logrank(one)
            case Kind.HAZARD:
                self._hazard(one)
            case _:
                # Events and their times are settled by the order itself.
                return

    def aim(self, target: Target, *, largest: bool, beyond: float | None = None) -> float:
        """Set what is to be made large or small, and return its scale.

        With `beyond` it has to be better than this value.
        """
        if target is None:
            return 1.0
        expression, scale = self._expression(target, largest=largest)
        if largest:
            if beyond is not None:
                self.model.add(expression >= math.floor(beyond * scale + 1e-6) + 1)
            self.model.maximize(expression)
        else:
            if beyond is not None:
                self.model.add(expression <= math.ceil(beyond * scale - 1e-6) - 1)
            self.model.minimize(expression)
        return scale

    def _expression(
        self, target: AtRisk | Difference | ChiSquare | Greenwood, *, largest: bool
    ) -> tuple[Any, float]:
        if isinstance(target, AtRisk):
            return sum(self.own[arm][target.event] for arm in target.members), 1.0
        if isinstance(target, Greenwood):
            parts = self._events_of(target.members, self.problem.cuts[target.cut])
            terms = (self._column("greenwood", one, target.members) for one in parts)
            return sum(terms), float(LOG_SCALE)
        if isinstance(target, Difference):
            return self._test(target.statement)[0], float(TABLE_SCALE)
        return self._chi_square(target.statement, largest=largest), float(CHI_SCALE)

    def _events_of(self, members: tuple[int, ...], cut: Cut | None) -> list[int]:
        last = len(self.problem.cuts) if cut is None else self.problem.cuts.index(cut)
        return [
            event
            for event in self.events
            if self.order.intervals[event] <= last and self.order.arms[event] in members
        ]

    def _number(self, members: tuple[int, ...], event: int) -> tuple["IntVar", tuple[int, int]]:
        if len(members) == 1:
            return self.own[members[0]][event], self.order.own[members[0]][event]
        return self.whole[event], self.order.pooled[event]

    def _column(self, kind: str, event: int, members: tuple[int, ...]) -> "IntVar":
        """Return a function of the number at risk at an event, as a table."""
        key = (kind, members, event)
        if key not in self._tables:
            number, (low, high) = self._number(members, event)
            rows = [(n, _SINGLE[kind](n)) for n in range(max(low, 1), high + 1)]
            values = [value for _, value in rows]
            column = self._between(min(values), max(values))
            self.model.add_allowed_assignments([number, column], rows)
            self._tables[key] = column
        return self._tables[key]

    def _survival(self, one: Statement) -> None:
        parts = self._events_of(one.members, one.cut)
        total = sum(self._column("log", event, one.members) for event in parts)
        margin = len(parts) + 1
        low = (
            math.floor(LOG_SCALE * math.log(one.low)) - margin
            if one.low > 0
            else 10 * _LOG_OF_NOTHING
        )
        high = (
            math.ceil(LOG_SCALE * math.log(one.high)) + margin
            if one.high > 0
            else _LOG_OF_NOTHING // 2
        )
        if not parts:
            if high < 0:
                self._never()
            return
        self.model.add_linear_constraint(total, low, min(high, 0))

    def _never(self) -> None:
        self.model.add_bool_or([])

    def _greenwood(self, one: Statement) -> None:
        parts = self._events_of(one.members, one.cut)
        if not parts:
            return
        total = sum(self._column("greenwood", event, one.members) for event in parts)
        margin = len(parts) + 1
        self.model.add_linear_constraint(
            total,
            math.floor(LOG_SCALE * one.low) - margin,
            math.ceil(LOG_SCALE * one.high) + margin,
        )

    def _at_risk(self, one: Statement) -> None:
        assert one.cut is not None  # noqa: S101 - a number at risk belongs to a time
        numbers = self._risk_at(self.problem.cuts.index(one.cut))
        self.model.add_linear_constraint(
            sum(numbers[arm] for arm in one.members), int(one.low), int(one.high)
        )

    def _risk_at(self, cut: int) -> list["IntVar"]:
        """Return the numbers at risk of all arms at a cut, between the events around it."""
        if cut not in self._risk:
            before = [event for event in self.events if self.order.intervals[event] <= cut]
            numbers = [self._between(0, size) for size in self.problem.sizes]
            for arm, number in enumerate(numbers):
                if before:
                    lost = int(self.order.arms[before[-1]] == arm)
                    self.model.add(number <= self.own[arm][before[-1]] - lost)
                if len(before) < len(self.events):
                    self.model.add(number >= self.own[arm][len(before)])
                for other, known in self._risk.items():
                    if other < cut:
                        self.model.add(number <= known[arm])
                    else:
                        self.model.add(number >= known[arm])
            self._risk[cut] = numbers
        return self._risk[cut]

    def _shared(self, one: Statement) -> list[int]:
        both = {*one.members, *one.against}
        return [event for event in self.events if self.order.arms[event] in both]

    def _observed(self, one: Statement) -> int:
        return sum(self.order.arms[event] == one.members[0] for event in self._shared(one))

    def _pair(self, kind: str, event: int, one: Statement) -> "IntVar":
        """Return a function of the numbers at risk of two arms at an event, as a table."""
        arms = (one.members[0], one.against[0])
        key = (kind, arms, event)
        if key not in self._tables:
            room = room_of(self.order, arms, event) if self.ties else _NO_TIES
            function = _pair_function(kind, one, room)
            (low_a, high_a), (low_b, high_b) = (self.order.own[arm][event] for arm in arms)
            rows = [
                (a, b, function(a, b))
                for a in range(low_a, high_a + 1)
                for b in range(low_b, high_b + 1)
                if a + b > 0 and a + b <= self.order.pooled[event][1]
            ]
            values = [value for *_, value in rows]
            column = self._between(min(values), max(values))
            self.model.add_allowed_assignments(
                [self.own[arms[0]][event], self.own[arms[1]][event], column], rows
            )
            self._tables[key] = column
        return self._tables[key]

    def _logrank(self, one: Statement) -> None:
        """(O − E)² / V lies in the window of chi-square that rounds to the printed p."""
        if len(one.against) != 1:
            return
        _, variance, square, room = self._test(one)
        low, high = chi_square_window(one.low, one.high)
        self.model.add(square >= math.floor(low * TABLE_SCALE) * variance - room)
        if math.isfinite(high):
            self.model.add(square <= math.ceil(high * TABLE_SCALE) * variance + room)

    def _test(self, one: Statement) -> tuple["IntVar", "IntVar", "IntVar", int]:
        """Return O − E, its variance, (O − E)², and what rounding can do to the square."""
        if one.item not in self._tests:
            shared = self._shared(one)
            largest = (len(shared) + 1) * TABLE_SCALE
            difference, variance = self._between(-largest, largest), self._between(0, largest)
            observed = self._observed(one) * TABLE_SCALE
            least, most = self._sums("expected", one)
            self.model.add(difference <= observed - least)
            self.model.add(difference >= observed - most)
            least, most = self._sums("variance", one)
            self.model.add(variance >= least)
            self.model.add(variance <= most)
            square = self._between(0, largest**2)
            self.model.add_multiplication_equality(square, [difference, difference])
            self._tests[one.item] = difference, variance, square, 2 * largest * len(shared)
        return self._tests[one.item]

    def _sums(self, kind: str, one: Statement) -> tuple[Any, Any]:
        """Return the smallest and largest sum of a term over the events; the same without ties."""
        shared = self._shared(one)
        if not self.ties:
            total = sum(self._pair(f"{kind} low", event, one) for event in shared)
            return total, total
        low, high = (
            sum(self._pair(f"{kind} {end}", event, one) for event in shared)
            for end in ("low", "high")
        )
        return low, high

    def _chi_square(self, one: Statement, *, largest: bool) -> "IntVar":
        """Return a number that is at most (for the largest), or at least, chi-square."""
        _, variance, square, room = self._test(one)
        chi = self._between(0, 40 * CHI_SCALE)
        product = self._between(0, 40 * CHI_SCALE * (len(self.events) + 1) * TABLE_SCALE)
        self.model.add_multiplication_equality(product, [chi, variance])
        per = TABLE_SCALE // CHI_SCALE
        if largest:
            self.model.add(per * product <= square + room)
        else:
            self.model.add(per * product >= square - room)
        return chi

    def _hazard(self, one: Statement) -> None:
        """Let the score of Cox regression change sign between the ends of the printed window."""
        shared = self._shared(one)
        observed, margin = self._observed(one) * TABLE_SCALE, len(shared) + 1
        if one.low > 0:
            at_low = sum(self._pair("share low", event, one) for event in shared)
            self.model.add(at_low <= observed + margin)
        if math.isfinite(one.high):
            at_high = sum(self._pair("share high", event, one) for event in shared)
            self.model.add(at_high >= observed - margin)


def _log_of(n: int) -> int:
    return round(LOG_SCALE * math.log1p(-1 / n)) if n > 1 else _LOG_OF_NOTHING


def _greenwood_of(n: int) -> int:
    # The last member's event makes the error of S = 0, which is no statement about limits.
    return round(LOG_SCALE / (n * (n - 1))) if n > 1 else 0


_SINGLE = {"log": _log_of, "greenwood": _greenwood_of}


_NO_TIES = Room((0, 0), (0, 0))


def _pair_function(kind: str, one: Statement, room: Room) -> Callable[[int, int], int]:
    """Return one end of a term's range as a whole number, of the numbers at risk of two arms."""
    name, _, end = kind.partition(" ")
    side, ratio = int(end == "high"), one.high if end == "high" else one.low

    def function(a: int, b: int) -> int:
        if name == "expected":
            ends = expected(a, b, room)
        elif name == "variance":
            ends = variance(a, b, room)
        else:
            ends = weighted_share(a, b, ratio, room)
        return round(TABLE_SCALE * ends[side])

    return function
