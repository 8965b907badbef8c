"""More output asked for than the model can write."""

from dataclasses import replace

from gate.planner.rules.output_limit import RULE
from tests.planner.rules.seats import ask, limit, seat
from tests.planner.worlds import route

SHORT = seat(route("anth/m", "a/mid", max_output_tokens=100))


def test_output_limit() -> None:
    assert limit(RULE, SHORT, ask(max_tokens=101)) == "101 output tokens asked, 100 possible"
    assert limit(RULE, SHORT, ask(max_tokens=100)) is None
    assert limit(RULE, SHORT, ask()) is None
    assert limit(RULE, seat(), ask(max_tokens=10**6)) is None
    assert limit(RULE, SHORT, ask(intent=None, max_tokens=101)) is None
    assert limit(RULE, replace(SHORT, translated=True), ask(max_tokens=101)) is None
    assert not RULE.pressure
