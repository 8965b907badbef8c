"""Every route of a lane is gone, one after the other, and together for a while."""

from simulate.draws import seconds, uniform
from simulate.scenario import Scenario
from simulate.upstreams import Trouble


def troubles(seed: int) -> tuple[Trouble, ...]:
    start = seconds(240 + 60 * uniform(seed, 1))
    return (
        Trouble(("alder/mid",), start, start + 300),
        Trouble(("birch/mid",), start + 60, start + 240),
        Trouble(("market/mid",), start + 90, start + 210),
    )


SCENARIO = Scenario("lane outage", "All three routes of a lane are gone together for two minutes.", 3, troubles)
