"""The provider that is slow and fails now and then is the only one of its lane: there is a lesser lane, or nothing."""

from simulate.scenario import Scenario
from simulate.scenarios.brownout import troubles
from simulate.setting import ROUTES, world

ALONE = tuple(route for route in ROUTES if route.id not in ("birch/mid", "market/mid"))

SCENARIO = Scenario(
    "brown-out, alone",
    "The same, and the provider is the only one of the lane.",
    7,
    troubles,
    worlds=((0.0, world(ALONE, "sim-alone")),),
)
