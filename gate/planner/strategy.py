"""How a lane's routes take turns: the order in which its strategy would have them tried.

Every strategy is a pure function of the routes, their health, the time and the seed. Each but `latency` gives a route a
key of its own, so that a route more or less changes no order between the others. `latency` draws its pairs from all
routes that fit, those under pressure too: what is under pressure is left out of the finished order, as everywhere.

Strategies that spread requests (all but `price` and `priority`) do so among the routes that carry the request equally
well. One that is asked in another dialect, or would lose something, comes behind the others, as the policy says.
"""

from collections.abc import Callable
from math import inf, log

from gate.core.lane import Strategy
from gate.planner.live import Choice, key_of

STALE_S = 300.0
"""A route not used for so long is measured again before it is called slow: its average is of another time."""

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_STEP = 2.0**-53


def arranged(lane: list[Choice], seed: int, now: float) -> list[Choice]:
    """The routes of one lane in the order of its strategy. lane: in any order, not empty. now: seconds on the clock of
    health."""
    if len(lane) == 1:
        return lane
    arrange = _ARRANGE.get(lane[0].live.strategy)
    return sorted(lane, key=key_of) if arrange is None else arrange(lane, seed, now)


def chance(seed: int, salt: int) -> float:
    """A number between 0 and 1, 0 excluded, that looks random: the same for the same two numbers. Mixed with the
    multipliers of SplitMix64 (https://prng.di.unimi.it/splitmix64.c)."""
    mixed = ((seed * _GOLDEN ^ salt) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = (mixed ^ (mixed >> 29)) * 0x94D049BB133111EB & _MASK
    return ((mixed >> 11) + 1) * _STEP


def _round_robin(lane: list[Choice], seed: int, now: float) -> list[Choice]:
    """The one that was started longest ago first; before all, those never started."""
    return sorted(lane, key=lambda choice: (choice.live.grade, _last_started(choice), choice.id))


def _least_used(lane: list[Choice], seed: int, now: float) -> list[Choice]:
    """The fewest attempts in flight first, of equal ones that was started longest ago."""
    return sorted(
        lane, key=lambda choice: (choice.live.grade, choice.health.in_flight, _last_started(choice), choice.id)
    )


def _weighted(lane: list[Choice], seed: int, now: float) -> list[Choice]:
    """By chance, in proportion to the weights; a route without weight is for when all others are out.

    Sampling without replacement by keys: an exponential variate with the weight as its rate, the smallest first
    (Efraimidis and Spirakis, Weighted random sampling with a reservoir, 2006, https://doi.org/10.1016/j.ipl.2005.11.003).
    """
    drawn: list[tuple[float, float, str, Choice]] = []
    for choice in lane:
        live = choice.live
        weight = live.seat.route.weight
        key = -log(chance(seed, live.salt)) / weight if weight > 0 else inf
        drawn.append((live.grade, key, choice.id, choice))
    return [one[3] for one in sorted(drawn)]


def _latency(lane: list[Choice], seed: int, now: float) -> list[Choice]:
    """Of two routes taken by chance the quicker one first; the slower one is compared with the next, and so on.

    Always the quickest of all would send everybody to one route, until it is the slowest (Mitzenmacher, The power of
    two choices in randomized load balancing, 2001, https://doi.org/10.1109/71.963420).
    """
    drawn = sorted(lane, key=lambda choice: (choice.live.grade, chance(seed, choice.live.salt), choice.id))
    order: list[Choice] = []
    held = drawn[0]
    best = (held.live.grade, _expected(held, now))
    for choice in drawn[1:]:
        other = (choice.live.grade, _expected(choice, now))
        if other < best:
            order.append(choice)
        else:
            order.append(held)
            held, best = choice, other
    order.append(held)
    return order


def _expected(choice: Choice, now: float) -> float:
    """Seconds to the first content, failures counted in: half of the tries failing is taken as twice the time. Below
    zero for a route of which nothing is known, or nothing recent, and that nobody is trying yet: it is to be tried."""
    health = choice.health
    if health.in_flight == 0:
        last = health.traffic.last_started
        if (last is not None and now - last > STALE_S) or (health.ttfb_s is None and health.error_rate is None):
            return -1.0
    if health.ttfb_s is None:
        return inf
    failing = health.error_rate or 0.0
    return health.ttfb_s / (1.0 - failing) if failing < 1.0 else inf


def _last_started(choice: Choice) -> float:
    last = choice.health.traffic.last_started
    return -inf if last is None else last


_ARRANGE: dict[Strategy, Callable[[list[Choice], int, float], list[Choice]]] = {
    Strategy.ROUND_ROBIN: _round_robin,
    Strategy.WEIGHTED: _weighted,
    Strategy.LEAST_USED: _least_used,
    Strategy.LATENCY: _latency,
}
