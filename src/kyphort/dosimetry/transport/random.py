"""Random numbers by counting: each history has its own stream, whoever computes it.

SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195): the n-th number of a stream is
a mixing function of start + n × odd constant; the start is a hash of seed and history.
"""

import numpy as np

from kyphort.dosimetry.transport.jit import jit

_STEP = np.uint64(0x9E3779B97F4A7C15)
_HISTORY = np.uint64(0xD1342543DE82EF95)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 2.0**-53


@jit
def mixed(word: np.uint64) -> np.uint64:
    """Return the word with its bits well mixed."""
    word = (word ^ (word >> _30)) * _FIRST
    word = (word ^ (word >> _27)) * _SECOND
    return word ^ (word >> _31)


@jit
def stream(seed: np.uint64, history: np.uint64) -> np.uint64:
    """Return the state at which the stream of a history starts."""
    return mixed(mixed(seed + _STEP) + history * _HISTORY)


@jit
def draw(state: np.uint64) -> tuple[np.uint64, float]:
    """Return the next state and a number in [0, 1)."""
    state = state + _STEP
    return state, (mixed(state) >> _11) * _UNIT
