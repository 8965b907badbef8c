"""What it costs to be asked in another dialect."""

from dataclasses import replace

from gate.core.loss import Feature, Fidelity
from gate.health.snapshot import HEALTHY
from gate.planner.inputs import Policy
from gate.planner.rules.translation import RULE
from tests.planner.rules.seats import seat

POLICY = Policy(translation=0.5, avoided_loss=100, fidelity={Feature.THINKING: Fidelity.AVOID})


def test_a_route_in_the_clients_dialect_has_no_such_term() -> None:
    assert RULE.term(seat(), HEALTHY, POLICY) is None


def test_each_avoided_feature_counts_once_and_allowed_ones_do_not() -> None:
    translated = replace(seat(), translated=True)
    assert RULE.term(translated, HEALTHY, POLICY) == 0.5
    assert RULE.term(replace(translated, losses=(Feature.THINKING,)), HEALTHY, POLICY) == 100.5
    assert RULE.term(replace(translated, losses=(Feature.CITATIONS,)), HEALTHY, POLICY) == 0.5
