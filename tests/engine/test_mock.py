"""A request nobody sent goes the way of a real one as far as the plan, and its text goes nowhere."""

import json
from dataclasses import replace

from gate.config.compile import compile_config
from gate.config.load import load_text
from gate.core.request import ClientProfile
from gate.engine.explain_rules import rules_of
from gate.engine.mock import Mock, explained, explained_alone, features_of_mock
from gate.engine.snapshot import Snapshot
from gate.health.snapshot import UNKNOWN_HEALTH
from gate.planner.plan import plan

CONFIG = """
routing:
  use: {think: premium, default: eco}
  rules:
    - {name: words, when: {keywords: {any: plan}}, to: premium}
    - {name: agents, when: {sub_agent: true}, to: coding-fast}
    - {name: night, when: {time: {hours: "22:00-06:00"}}, to: free}
"""
NOON, MIDNIGHT = 1_800_014_400_000_000_000, 1_799_971_200_000_000_000


def snapshot(text: str = CONFIG) -> Snapshot:
    env = {"ANTHROPIC_API_KEY": "key-0123456789abcdef"}
    return compile_config(load_text(text, "test", env), env)


def quiet(where: str, error: BaseException) -> None:
    raise AssertionError((where, error))


def test_headers_tell_the_client_and_its_agents_unless_the_client_is_named() -> None:
    headers = ((b"user-agent", b"claude-cli/2.1"), (b"x-claude-code-agent-id", b"a1"))
    found = features_of_mock(Mock("auto", headers=headers, input_tokens=10), snapshot(), quiet)
    assert (found.client, found.client_version, found.session.agent) == (ClientProfile.CLAUDE, "2.1", "a1")
    assert (found.body_bytes, found.token_estimate) == (40, 10)
    named = features_of_mock(Mock("auto", headers=headers, client=ClientProfile.CODEX), snapshot(), quiet)
    assert named.client is ClientProfile.CODEX


def rule_of(mock: Mock, now_ns: int = NOON) -> str | None:
    return explained_alone(mock, snapshot(), now_ns, quiet)["decision"]["rule"]


def test_rules_are_asked_as_for_a_real_request() -> None:
    assert rule_of(Mock("auto")) == "default"
    assert rule_of(Mock("auto", thinking=True)) == "think"
    assert rule_of(Mock("auto", headers=((b"x-claude-code-agent-id", b"a1"),))) == "agents"
    assert rule_of(Mock("auto"), MIDNIGHT) == "night"
    assert rule_of(Mock("auto", at_ns=MIDNIGHT)) == "night"
    assert rule_of(Mock("auto", at_ns=NOON), MIDNIGHT) == "default"


def test_the_text_is_in_no_part_of_the_answer() -> None:
    answer = explained_alone(Mock("auto", text="the plan is zanzibar-77"), snapshot(), NOON, quiet)
    assert answer["decision"]["rule"] == "words"
    assert "zanzibar-77" not in json.dumps(answer)
    assert rule_of(Mock("auto", text="x" * 8_192 + " plan")) == "default", "only its first 8 KiB are looked at"


def test_every_rule_has_its_verdict_in_words() -> None:
    answer = explained_alone(Mock("auto"), snapshot(), NOON, quiet)
    rules = {rule["rule"]: rule for rule in answer["rules"]}
    assert list(rules) == ["words", "agents", "night", "think", "default"]
    assert rules["default"] == {
        "rule": "default",
        "priority": 1050,
        "to": "eco",
        "built_in": True,
        "fired": True,
        "code": "rule_fired",
        "why": "every condition holds",
    }
    assert rules["words"]["why"] == "the last user text does not hold the rule's keywords (any of plan)"
    lines = answer["text"].splitlines()
    assert "intent     eco: by the routing rule default" in lines
    assert "rule       default -> eco: every condition holds" in lines
    assert "           not agents -> coding-fast: sub_agent is no, the rule wants yes [rule_flag]" in lines


def test_without_rules_there_is_nothing_of_them() -> None:
    answer = explained_alone(Mock("auto"), snapshot(""), NOON, quiet)
    assert answer["rules"] == []
    assert not [line for line in answer["text"].splitlines() if line.startswith("rule")]


def test_a_decision_of_another_configuration_is_not_judged_by_this_ones_rules() -> None:
    ours = snapshot()
    features = features_of_mock(Mock("auto"), ours, quiet)
    decision = plan(features, ours.world, UNKNOWN_HEALTH, 0.0, NOON, 0, "gd-0-00")
    assert rules_of(decision, ours.world) is not None
    assert explained(decision, ours)["rules"]
    assert rules_of(replace(decision, config_version="other"), ours.world) is None
