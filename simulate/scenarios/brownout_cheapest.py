"""The provider that is slow and fails now and then is the cheapest of its lane: what it saves is not worth it."""

from simulate.scenario import Scenario
from simulate.scenarios.brownout import troubles
from simulate.setting import WORLD, usd, with_prices

SCENARIO = Scenario(
    "brown-out, cheapest",
    "The same, and the provider is the cheapest one of the lane.",
    6,
    troubles,
    worlds=((0.0, with_prices(WORLD, {"alder/mid": usd(2.8, 14.0), "alder/small": usd(0.9, 4.5)}, "sim-cheap")),),
)
