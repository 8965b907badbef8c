"""Chance from keys: every draw is a pure function of integers, so two systems meet the same luck at the same request.

The module `random` would give each system other numbers as soon as one makes one call more. Only integer arithmetic and
one power are used: equal on every Python version.
"""

_MASK = (1 << 64) - 1


def mixed(*keys: int) -> int:
    """64 bits from integers, well spread (splitmix64 over the keys)."""
    state = 0
    for key in keys:
        state = (state ^ (key & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def uniform(*keys: int) -> float:
    """At least 0, below 1."""
    return (mixed(*keys) >> 11) * 2.0**-53


def around(median: float, spread: float, *keys: int) -> float:
    """A duration around its median, log-logistic: a share of 5 % takes longer than `19 ** spread` medians."""
    u = (uniform(*keys) + 2.0**-54) * (1 - 2.0**-53)
    return median * (u / (1 - u)) ** spread


def seconds(value: float) -> float:
    """Rounded to microseconds: what the last bit of a power is does not matter then."""
    return round(value, 6)
