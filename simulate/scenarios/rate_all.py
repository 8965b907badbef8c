"""More requests than all routes of a lane together allow, for the whole time: some requests have to go elsewhere."""

from collections.abc import Mapping
from dataclasses import replace

from simulate.limits import FixedWindow, Limit, TokenBucket
from simulate.scenario import Scenario
from simulate.scenarios.rate_window import LIMITED


def limits() -> Mapping[str, Limit]:
    return {
        "alder": FixedWindow(10, 60.0),
        "birch": FixedWindow(10, 60.0),
        "market": TokenBucket(2_000, 60_000),
    }


SCENARIO = Scenario(
    "rate limit, lane",
    "All routes of a lane together allow less than comes; 429 with Retry-After.",
    12,
    limits=limits,
    natures={**LIMITED, "market/mid": replace(LIMITED["market/mid"], limits=("market",))},
)
