"""One provider cannot be reached for five minutes: connections time out after ten seconds."""

from gate.core.failure import FailureKind
from simulate.draws import seconds, uniform
from simulate.scenario import Scenario
from simulate.scenarios.outage import ALDER
from simulate.upstreams import Trouble


def troubles(seed: int) -> tuple[Trouble, ...]:
    start = seconds(240 + 60 * uniform(seed, 1))
    return (Trouble(ALDER, start, start + 300, failure=FailureKind.CONNECT_TIMEOUT, status=None, takes_s=10.0),)


SCENARIO = Scenario("silence", "Connections to a provider time out (10 s) for five minutes.", 2, troubles)
