"""What is tried when all else has failed, or is out: routes that are only under pressure, the least bad first.

They come after everything that can be used, where the bound on attempts leaves room: a route that has recovered is
found by the first request that would otherwise fail, and a client is not told "no" while something might still have
served. A limit that the operator set, a request too large and an account that is shut are no better the second time:
routes that are out for these are only tried when nothing else is there at all.
"""

from collections.abc import Iterable

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.live import Choice
from gate.planner.order import Step

# The lighter, the sooner or the likelier the route can serve after all.
_WEIGHTS = {
    ReasonCode.NO_HEADROOM: 1,
    ReasonCode.BREAKER_PROBING: 2,
    ReasonCode.BREAKER_OPEN: 3,
    ReasonCode.COOLING_DOWN: 4,
    ReasonCode.GROUP_COOLING_DOWN: 4,
    ReasonCode.QUOTA_PROBING: 5,
    ReasonCode.QUOTA_EXHAUSTED: 6,
    ReasonCode.KEY_REFUSED: 7,
    ReasonCode.CONTEXT_TOO_LONG: 8,
}
_PASSING = frozenset(
    {
        ReasonCode.BREAKER_PROBING,
        ReasonCode.BREAKER_OPEN,
        ReasonCode.COOLING_DOWN,
        ReasonCode.GROUP_COOLING_DOWN,
    }
)


def last_resorts(steps: Iterable[Step], *, alone: bool) -> list[Choice]:
    """The pressed routes among `steps` (the whole sequence, whatever presses it) in the order they are tried; among
    equals the earliest of the sequence comes first. alone: there is nothing else to be tried."""
    pressed = [
        choice
        for choice, _ in steps
        if choice.pressed and (alone or all(why.code in _PASSING for why in choice.pressed))
    ]
    return sorted(pressed, key=_badness)


def noted(choice: Choice) -> Reason:
    """Why a last resort is one."""
    return reason(ReasonCode.LAST_RESORT, was=max(choice.pressed, key=_weight).code.value)


def _weight(why: Reason) -> tuple[int, float]:
    """What kind of pressure, and how much of it: seconds left, or tokens missing."""
    params = dict(why.params)
    amount = params.get("seconds", 0.0)
    if why.code is ReasonCode.CONTEXT_TOO_LONG:
        amount = float(params["estimate"]) - float(params["window"])
    return _WEIGHTS.get(why.code, 9), float(amount)


def _badness(choice: Choice) -> tuple[int, float]:
    return max(_weight(why) for why in choice.pressed)
