"""A provider halves its price, and doubles it again later; the configuration follows at once."""

from simulate.scenario import Scenario
from simulate.setting import WORLD, usd, with_prices

SCENARIO = Scenario(
    "price change",
    "A route of the lane becomes the cheapest for eight minutes.",
    14,
    worlds=(
        (0.0, WORLD),
        (360.0, with_prices(WORLD, {"market/mid": usd(1.5, 7.5)}, "sim-2")),
        (840.0, with_prices(WORLD, {}, "sim-3")),
    ),
)
