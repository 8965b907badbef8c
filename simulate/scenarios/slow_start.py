"""After an outage a provider comes back slowly: for a minute it refuses three calls of ten and is slow. Another route
is cold whenever it was left alone for a minute."""

from dataclasses import replace

from gate.core.failure import FailureKind
from simulate.draws import seconds, uniform
from simulate.scenario import Scenario
from simulate.scenarios.outage import ALDER
from simulate.setting import NATURES
from simulate.upstreams import Trouble


def troubles(seed: int) -> tuple[Trouble, ...]:
    start = seconds(240 + 60 * uniform(seed, 1))
    back = start + 120
    cold = Trouble(ALDER, back, back + 60, 0.3, FailureKind.OVERLOADED, 529, 0.3, slower=5.0)
    return (Trouble(ALDER, start, back), cold)


SCENARIO = Scenario(
    "slow start",
    "After two minutes' outage a provider refuses three calls of ten for a minute; a route left alone is cold (6 s).",
    9,
    troubles,
    natures={**NATURES, "birch/mid": replace(NATURES["birch/mid"], cold_after_s=60.0, cold_s=6.0)},
)
