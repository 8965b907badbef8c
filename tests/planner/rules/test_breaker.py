"""Open, half open, closed."""

from dataclasses import replace

from gate.health.snapshot import HEALTHY
from gate.planner.rules.breaker import RULE
from tests.planner.rules.seats import ask, limit, seat
from tests.planner.worlds import NOW, OPEN, PROBED


def test_breaker() -> None:
    text = "the breaker is open for another 20.0 s after 5 failures (server_error)"
    assert limit(RULE, seat(), ask(), OPEN) == text
    assert limit(RULE, seat(), ask(), HEALTHY) is None
    assert limit(RULE, seat(), ask(), replace(OPEN, open_until=NOW)) is None, "time for a probe"
    assert limit(RULE, seat(), ask(), PROBED) == "the breaker is half open and its one probe is under way"
    assert limit(RULE, seat(), ask(), replace(PROBED, probe_until=NOW)) is None, "the probe takes too long"
    assert limit(RULE, seat(), ask(), replace(PROBED, probing=False)) is None
    assert limit(RULE, seat(), ask(own_credential=True), OPEN) == text
