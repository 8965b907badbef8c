"""More requests than a provider allows in its fixed windows of a minute; it says when to come back."""

from collections.abc import Mapping
from dataclasses import replace

from simulate.limits import FixedWindow, Limit
from simulate.scenario import Scenario
from simulate.setting import NATURES


def limits() -> Mapping[str, Limit]:
    return {"alder": FixedWindow(16, 60.0), "birch": FixedWindow(20, 60.0)}


LIMITED = {
    **NATURES,
    "alder/mid": replace(NATURES["alder/mid"], limits=("alder",)),
    "birch/mid": replace(NATURES["birch/mid"], limits=("birch",)),
}
SCENARIO = Scenario(
    "rate limit, window",
    "Two accounts allow 16 and 20 calls a minute, less than comes; 429 with Retry-After and headers.",
    10,
    limits=limits,
    natures=LIMITED,
)
