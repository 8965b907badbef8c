"""Every route of a lane is gone for a while, and all clients have a way down: nobody asks the lane because he must."""

from simulate.scenario import Scenario
from simulate.scenarios.lane_outage import troubles
from simulate.setting import STREAMS

SCENARIO = Scenario(
    "lane outage, way down",
    "The same, and every request may go to the lesser lane.",
    4,
    troubles,
    streams=tuple(stream for stream in STREAMS if stream.intent != "batch"),
)
