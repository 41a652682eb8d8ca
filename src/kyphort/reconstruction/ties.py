"""What tests of two arms can be when several events fall on one day.

A Kaplan-Meier curve does not mind ties, since (n − 2)/n is (n − 1)/n · (n − 2)/(n − 1); tests do.
Tied events are compared with the numbers at risk at the beginning of their day, not with those
that are left when one after the other is taken. Which events are tied is not known: any in a row
within one interval may be. So every term of a test lies in a range, and a contradiction that holds
over the ranges holds with and without ties.
"""

from dataclasses import dataclass

from kyphort.reconstruction.orders import Order


@dataclass(frozen=True, slots=True)
class Room:
    """How many events of each arm of a pair may share the day of one event: before it, and after.

    The event itself counts as after.
    """

    before: tuple[int, int]
    after: tuple[int, int]

    @property
    def tied(self) -> int:
        """The largest number of events on one day."""
        return sum(self.before) + sum(self.after)


def room_of(order: Order, pair: tuple[int, int], event: int) -> Room:
    """Return the room for ties of one event: the events of the pair in its interval."""
    here = [
        index
        for index, (interval, arm) in enumerate(zip(order.intervals, order.arms, strict=True))
        if interval == order.intervals[event] and arm in pair
    ]
    before, after = (
        [sum(order.arms[index] == arm for index in side) for arm in pair]
        for side in ([one for one in here if one < event], [one for one in here if one >= event])
    )
    return Room((before[0], before[1]), (after[0], after[1]))


def expected(a: int, b: int, room: Room) -> tuple[float, float]:
    """Return the range of the share of the first arm among those at risk when the day begins.

    >>> expected(4, 4, Room((1, 1), (1, 0)))[0]
    0.4444444444444444
    """
    more_a, more_b = room.before
    return a / (a + b + more_b), (a + more_a) / (a + more_a + b)


def variance(a: int, b: int, room: Room) -> tuple[float, float]:
    """Return the range of an event's part of the hypergeometric variance."""
    low, high = expected(a, b, room)
    ends = (low * (1 - low), high * (1 - high))
    most = 0.25 if low <= 0.5 <= high else max(ends)
    total = a + b
    fewer = max(0.0, (total - room.tied) / (total - 1)) if total > 1 else 0.0
    return min(ends) * min(1.0, fewer), most


def weighted_share(a: int, b: int, ratio: float, room: Room) -> tuple[float, float]:
    """Return the range of an event's term in Cox's score, ties by Efron or by Breslow.

    Breslow takes the numbers at the beginning of the day, Efron takes off a part of its events.
    """
    (more_a, more_b), (less_a, less_b) = room.before, room.after
    return (
        _share(max(0, a - less_a), b + more_b, ratio),
        _share(a + more_a, max(0, b - less_b), ratio),
    )


def _share(a: int, b: int, ratio: float) -> float:
    return ratio * a / (ratio * a + b) if a + b else 0.0
