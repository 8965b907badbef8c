"""What the policy does not let go of keeps a route out."""

from dataclasses import replace

from gate.core.loss import Feature, Fidelity
from gate.core.reason import ReasonCode
from gate.planner.rules.fidelity import RULE
from tests.planner.rules.seats import ask, code, seat
from tests.planner.worlds import CHAT

WORD = {Feature.IMAGES: Fidelity.EXCLUDE, Feature.THINKING: Fidelity.AVOID}


def test_only_what_is_excluded_keeps_a_route_out() -> None:
    asked = replace(ask(), fidelity=WORD)
    losing = replace(seat(), dialect=CHAT, losses=(Feature.THINKING, Feature.CITATIONS))
    assert code(RULE, losing, asked) is None
    assert code(RULE, replace(losing, losses=(Feature.IMAGES,)), asked) is ReasonCode.WOULD_LOSE


def test_the_reason_names_what_would_be_lost() -> None:
    found = RULE.check(replace(seat(), dialect=CHAT, losses=(Feature.IMAGES,)), replace(ask(), fidelity=WORD))
    assert found is not None
    assert found.text == "asking anth in openai_chat would lose images"
