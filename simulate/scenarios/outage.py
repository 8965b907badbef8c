"""One provider is gone for five minutes, for all its models."""

from simulate.draws import seconds, uniform
from simulate.scenario import Scenario
from simulate.upstreams import Trouble

ALDER = ("alder/mid", "alder/small")


def troubles(seed: int) -> tuple[Trouble, ...]:
    start = seconds(240 + 60 * uniform(seed, 1))
    return (Trouble(ALDER, start, start + 300),)


SCENARIO = Scenario("outage", "A provider answers 503 for five minutes.", 1, troubles)
