"""One provider is slow and fails now and then for six minutes: four calls of ten, one answer of twenty breaks off."""

from simulate.draws import seconds, uniform
from simulate.scenario import Scenario
from simulate.scenarios.outage import ALDER
from simulate.upstreams import Trouble


def troubles(seed: int) -> tuple[Trouble, ...]:
    start = seconds(240 + 60 * uniform(seed, 1))
    return (Trouble(ALDER, start, start + 360, share=0.4, takes_s=2.0, slower=4.0, cut=0.05),)


SCENARIO = Scenario(
    "brown-out", "A provider is four times slower and fails four calls of ten for six minutes.", 5, troubles
)
