"""Compiled loops over sorted exits: arrays and scalars only, no object of this package.

Import this module only for many rows: it imports numba. `kyphort.survival.table` says what the
arrays mean, `kyphort.survival.influence` what the formulas do.
"""

import numpy as np

from kyphort.survival.arrays import FloatArray, Integers
from kyphort.survival.jit import jit, jit_sums


@jit
def product_limit(
    at_risk: FloatArray, events: FloatArray, survival: FloatArray, greenwood: FloatArray
) -> None:
    """Write Π (1 - d/Y) and Σ d / (Y (Y - d)), leaving out of the sum where Y = d."""
    s, g = 1.0, 0.0
    for j in range(at_risk.size):
        y, d = at_risk[j], events[j]
        if y > 0.0:
            s *= (y - d) / y
        if d != y:
            g += d / (y * (y - d))
        survival[j] = s
        greenwood[j] = g


@jit
def product_limit_of_codes(  # noqa: PLR0917 - a compiled loop is called by position
    codes: Integers,
    ends: Integers,
    counted: Integers,
    survival: FloatArray,
    greenwood: FloatArray,
    moves: Integers,
) -> None:
    """Write what `product_limit` does, and where there are events, from sorted codes."""
    s, g, start = 1.0, 0.0, 0
    for j in range(ends.size):
        number = 0
        for i in range(start, ends[j]):
            number += counted[codes[i]]
        y, d = float(codes.size - start), float(number)
        s *= (y - d) / y
        if d != y:
            g += d / (y * (y - d))
        survival[j] = s
        greenwood[j] = g
        moves[j] = number > 0
        start = ends[j]


@jit
def gather_moves(
    marked: Integers, values: FloatArray, errors: FloatArray, some: FloatArray, their: FloatArray
) -> int:
    """Write the marked values and errors behind the first place; return how many places hold one.

    The loop has no branch: an unmarked value is overwritten by the next.
    """
    used = 1
    for j in range(marked.size):
        some[np.uint64(used)], their[np.uint64(used)] = values[j], errors[j]
        used += marked[j]
    return used


@jit
def carry_forward(
    marked: Integers,
    lower: FloatArray,
    upper: FloatArray,
    all_lower: FloatArray,
    all_upper: FloatArray,
) -> None:
    """Spread limits, one pair for each entry of `marked` that is 1, over all times.

    The first pair stands before the first marked time; each other is repeated until the next.
    """
    used = 0
    for j in range(marked.size):
        used += marked[j]
        all_lower[j] = lower[used]
        all_upper[j] = upper[used]


@jit
def add(total: float, lost: float, value: float) -> tuple[float, float]:
    """Return total + value, and what rounding has taken from it so far (Kahan).

    Sums over large clusters nearly cancel in the variance, and a million steps round.
    """
    corrected = value - lost
    new = total + corrected
    return new, (new - total) - corrected


@jit
def clustered_log_survival(  # noqa: PLR0917 - a compiled loop is called by position
    row_cluster: Integers,
    row_is_event: Integers,
    ends: Integers,
    at_risk: FloatArray,
    greenwood: FloatArray,
    state: FloatArray,
    rounding: float,
    variance: FloatArray,
) -> None:
    """Write the clustered variance of log S at each time; see `kyphort.survival.influence`.

    Rows come in order of exit and none enters late; `state` `(clusters, 2)` holds each cluster's
    number of rows and 0.
    """
    kk, ck, cc, ck_lost, cc_lost = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(state.shape[0]):
        kk += state[k, 0] * state[k, 0]
    before, start, value, scale = 0.0, 0, 0.0, 0.0
    for j in range(ends.size):
        g = greenwood[j]
        leaving = before - 1.0 / at_risk[j]
        has_event = False
        for i in range(start, ends[j]):
            k = row_cluster[i]
            n, c = state[k, 0], state[k, 1]
            is_event = row_is_event[i] != 0
            has_event = has_event or is_event
            n_new = n - 1.0
            c_new = c + (leaving if is_event else g)
            kk += n_new * n_new - n * n
            ck, ck_lost = add(ck, ck_lost, c_new * n_new - c * n)
            cc, cc_lost = add(cc, cc_lost, c_new * c_new - c * c)
            state[k, 0], state[k, 1] = n_new, c_new
        if has_event:
            value = cc + 2.0 * g * ck + g * g * kk
            scale = max(scale, abs(cc) + 2.0 * abs(g * ck) + g * g * kk)
            if value <= rounding * scale:
                value = 0.0
        variance[j] = value
        before, start = g, ends[j]


@jit
def incidence_of_rows(  # noqa: PLR0917 - a compiled loop is called by position
    at_risk: FloatArray,
    every: FloatArray,
    of_cause: FloatArray,
    remaining: FloatArray,
    incidence: FloatArray,
    variance: FloatArray,
) -> None:
    """Write F and its variance when each row is its own cluster and none enters late."""
    s, g, f, big_g = 1.0, 0.0, 0.0, 0.0
    aa, ac, cc, value = 0.0, 0.0, 0.0, 0.0
    for j in range(at_risk.size):
        y, d, d_1 = at_risk[j], every[j], of_cause[j]
        rate = d_1 / y
        step = s * rate
        gone = big_g + g * step
        c = g - 1.0 / y
        f += step
        big_g += step * c
        alpha_1 = gone + s * (1.0 - rate) / y - c * f
        alpha_2 = gone - s * rate / y - c * f
        aa += d_1 * alpha_1 * alpha_1 + (d - d_1) * alpha_2 * alpha_2
        ac += (d_1 * alpha_1 + (d - d_1) * alpha_2) * c
        cc += d * c * c
        if d > 0.0:
            s *= (y - d) / y
            if d != y:
                g += d / (y * (y - d))
        left = y - d - remaining[j]
        alpha = big_g - g * f
        aa += left * alpha * alpha
        ac += left * alpha * g
        cc += left * g * g
        if d_1 > 0.0:
            value = aa + 2.0 * f * ac + f * f * cc + big_g * big_g * remaining[j]
        incidence[j] = f
        variance[j] = max(value, 0.0)


@jit
def clustered_incidence(  # noqa: PLR0917 - a compiled loop is called by position
    row_cluster: Integers,
    row_kind: Integers,
    ends: Integers,
    at_risk: FloatArray,
    every: FloatArray,
    of_cause: FloatArray,
    state: FloatArray,
    rounding: float,
    incidence: FloatArray,
    variance: FloatArray,
) -> None:
    """Write F and its clustered variance; rows in order of exit, none entering late.

    `row_kind` is 0 censored, 1 the cause, 2 another; `state` `(clusters, 3)` holds each cluster's
    number of rows, 0 and 0.
    """
    kk, ck, cc, ak, ac, aa = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    ck_lost, cc_lost, ak_lost, ac_lost, aa_lost = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(state.shape[0]):
        kk += state[k, 0] * state[k, 0]
    s, g, f, big_g = 1.0, 0.0, 0.0, 0.0
    start, value, scale = 0, 0.0, 0.0
    for j in range(ends.size):
        y, d, d_1 = at_risk[j], every[j], of_cause[j]
        rate = d_1 / y
        step = s * rate
        gone = big_g + g * step
        c_event = g - 1.0 / y
        f += step
        big_g += step * c_event
        alpha_1 = gone + s * (1.0 - rate) / y - c_event * f
        alpha_2 = gone - s * rate / y - c_event * f
        if d > 0.0:
            s *= (y - d) / y
            if d != y:
                g += d / (y * (y - d))
        alpha_0 = big_g - g * f
        for i in range(start, ends[j]):
            k, kind = row_cluster[i], row_kind[i]
            n, c, a = state[k, 0], state[k, 1], state[k, 2]
            n_new = n - 1.0
            c_new = c + (g if kind == 0 else c_event)
            a_new = a + (alpha_0 if kind == 0 else (alpha_1 if kind == 1 else alpha_2))
            kk += n_new * n_new - n * n
            ck, ck_lost = add(ck, ck_lost, c_new * n_new - c * n)
            cc, cc_lost = add(cc, cc_lost, c_new * c_new - c * c)
            ak, ak_lost = add(ak, ak_lost, a_new * n_new - a * n)
            ac, ac_lost = add(ac, ac_lost, a_new * c_new - a * c)
            aa, aa_lost = add(aa, aa_lost, a_new * a_new - a * a)
            state[k, 0], state[k, 1], state[k, 2] = n_new, c_new, a_new
        if d_1 > 0.0:
            value = aa + 2.0 * f * ac + f * f * cc + big_g * big_g * kk
            value += 2.0 * big_g * (ak + f * ck)
            size = aa + 2.0 * abs(f * ac) + f * f * cc + big_g * big_g * kk
            scale = max(scale, size + 2.0 * abs(big_g) * (abs(ak) + abs(f * ck)))
            if value <= rounding * scale:
                value = 0.0
        incidence[j] = f
        variance[j] = value
        start = ends[j]


@jit
def sizes_of_groups(codes: Integers, sizes: FloatArray) -> None:
    """Count the rows of each group; a row's code is 2 × group, or one more.

    Four counters in turn, because counting on one place twice in a row waits for the first.
    """
    counts = np.zeros((4, 256), dtype=np.int64)
    for i in range(codes.size):
        counts[i & 3, codes[i]] += 1
    for a in range(sizes.size):
        sizes[a] = counts[:, 2 * a].sum() + counts[:, 2 * a + 1].sum()


@jit
def risk_at_events(  # noqa: PLR0917 - a compiled loop is called by position
    codes: Integers,
    ends: Integers,
    first: int,
    sizes: FloatArray,
    scheme: tuple[int, float, float],
    carried: FloatArray,
    observed: FloatArray,
    left: FloatArray,
    factors: FloatArray,
) -> tuple[int, int]:
    """Write who is at risk, by group, at times with an event from `first` on, and their factors.

    A row's code is 2 × group + 1 for an event. Schemes: 0 S⁻^ρ (1 - S⁻)^γ, 1 Y, 2 √Y,
    3 Π (1 - d / (Y + 1)). `sizes` `(k,)` is who is left before the time `first`; it, `carried`
    `(2,)`, the products of the schemes, and the weighted `observed` `(k,)` are brought up to the
    time returned. One column of `left` `(k, b)` and of `factors` `(4, b)`, w d / Y and
    v, v / Y, v / Y² with v = w² d (Y - d) / (Y - 1), is written for each of up to b times.
    Returns the next time, and the columns written.
    """
    kind, rho, gamma = scheme
    s, prentice = carried[0], carried[1]
    groups, room = left.shape
    died = np.zeros(groups)
    found, j = 0, first
    start = ends[j - 1] if j > 0 else 0
    while j < ends.size and found < room:
        y, d = float(codes.size - start), 0.0
        for a in range(groups):
            left[a, found] = sizes[a]
        for i in range(start, ends[j]):
            group, event = codes[i] >> 1, codes[i] & 1
            sizes[group] -= 1.0
            died[group] += event
            d += event
        if d > 0.0:
            prentice *= 1.0 - d / (y + 1.0)
            w = 1.0
            if kind == 1:
                w = y
            elif kind == 2:
                w = np.sqrt(y)
            elif kind == 3:
                w = prentice
            elif rho != 0.0 or gamma != 0.0:
                w = s**rho * (1.0 - s) ** gamma
            s *= (y - d) / y
            spread = w * w * d * (y - d) / (y - 1.0) if y > 1.0 else 0.0
            factors[0, found] = w * d / y
            factors[1, found] = spread
            factors[2, found] = spread / y
            factors[3, found] = spread / (y * y)
            for a in range(groups):
                observed[a] += w * died[a]
                died[a] = 0.0
            found += 1
        start = ends[j]
        j += 1
    carried[0], carried[1] = s, prentice
    return j, found


@jit_sums
def sums_over_events(  # noqa: PLR0917 - a compiled loop is called by position
    left: FloatArray,
    factors: FloatArray,
    found: int,
    expected: FloatArray,
    variance: FloatArray,
    scale: FloatArray,
) -> None:
    """Write expected events over the first columns that `risk_at_events` prepared; add the rest."""
    f, v, v_1, v_2 = factors[0, :found], factors[1, :found], factors[2, :found], factors[3, :found]
    total = 0.0
    for i in range(found):
        total += v[i]
    scale[0] += total
    for a in range(left.shape[0]):
        first = left[a, :found]
        share, own = 0.0, 0.0
        for i in range(found):
            share += f[i] * first[i]
            own += v_1[i] * first[i]
        expected[a] = share
        for b in range(a + 1):
            second, both = left[b, :found], 0.0
            for i in range(found):
                both += v_2[i] * first[i] * second[i]
            variance[a, b] -= both
            variance[b, a] = variance[a, b]
        variance[a, a] += own
