"""More tokens than two providers allow in their token buckets; they say nothing of when to come back."""

from collections.abc import Mapping

from simulate.limits import Limit, TokenBucket
from simulate.scenario import Scenario
from simulate.scenarios.rate_window import LIMITED


def limits() -> Mapping[str, Limit]:
    return {
        "alder": TokenBucket(6_000, 120_000, tells=False, headers=False),
        "birch": TokenBucket(6_000, 120_000, tells=False, headers=False),
    }


SCENARIO = Scenario(
    "rate limit, bucket",
    "Two accounts allow 6,000 tokens a second, less than comes; a bare 429.",
    11,
    limits=limits,
    natures=LIMITED,
)
