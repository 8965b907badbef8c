"""Rules are found, not listed."""

import pytest

from gate.core.reason import Reason
from gate.planner import rules
from gate.planner.index import RULES
from gate.planner.rule import Ask, FitRule, Seat, discover, rule_set


class Named(FitRule):
    def __init__(self, name: str, order: int) -> None:
        self.name, self.order = name, order

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        return None


def test_every_rule_file_is_found_in_its_order() -> None:
    assert [rule.name for rule in RULES.fits] == [
        "explicit_target",
        "intent_membership",
        "tool_lane",
        "dialect",
        "fidelity",
        "credential",
        "tools",
        "images",
        "thinking",
        "streaming",
        "json_schema",
    ]
    assert [rule.name for rule in RULES.limits] == [
        "context_window",
        "output_limit",
        "quota",
        "breaker",
        "cooldown",
        "headroom",
    ]
    assert [rule.name for rule in RULES.scores] == ["cost", "latency", "error_rate", "load", "allowance", "translation"]
    assert discover(rules) == RULES


def test_equal_orders_go_by_name() -> None:
    found = rule_set([Named("b", 1), Named("a", 1), Named("z", 0)])
    assert [rule.name for rule in found.fits] == ["z", "a", "b"]


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="share a name"):
        rule_set([Named("a", 1), Named("a", 2)])
