"""One provider goes and comes back every few seconds for six minutes."""

from simulate.draws import seconds, uniform
from simulate.scenario import Scenario
from simulate.scenarios.outage import ALDER
from simulate.upstreams import Trouble


def troubles(seed: int) -> tuple[Trouble, ...]:
    at = 240 + 60 * uniform(seed, 1)
    end = at + 360
    found: list[Trouble] = []
    while at < end:
        down, up = 5 + 10 * uniform(seed, 2, len(found)), 5 + 20 * uniform(seed, 3, len(found))
        found.append(Trouble(ALDER, seconds(at), seconds(at + down)))
        at += down + up
    return tuple(found)


SCENARIO = Scenario(
    "flapping", "A provider goes for 5 to 15 s and comes back for 5 to 25 s, for six minutes.", 8, troubles
)
