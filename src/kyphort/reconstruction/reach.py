"""Where a printed survival says that somebody was still observed.

A curve that is printed at a landmark is drawn so that it reaches it: beyond its last exit it would
have no value. Proofs do not assume this; a printed number at risk of 0 overrules it.
"""

from kyphort.reconstruction.statements import EndpointProblem, Kind


def reached(problem: EndpointProblem) -> set[tuple[int, int]]:
    """Return (arm, position of the cut) of every landmark at which an arm has somebody at risk."""
    ended = {
        (one.members, one.cut.time)
        for one in problem.of(Kind.AT_RISK)
        if one.cut is not None and one.high < 1
    }
    return {
        (one.members[0], problem.cuts.index(one.cut))
        for one in problem.of(Kind.SURVIVAL)
        if one.cut is not None
        and len(one.members) == 1
        and one.low > 0
        and (one.members, one.cut.time) not in ended
    }
