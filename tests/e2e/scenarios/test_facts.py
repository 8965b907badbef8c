"""What else a decision may say, read back from the trace: the rule that fired, what a candidate policy would have done,
a hedge, and a turn that was sent before."""

from pathlib import Path

import yaml

from tests.e2e.scenarios.world import CHEAP, FIRST, SECOND, Scene, Start
from tests.e2e.telemetry.world import HEADERS, ask, message
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

RULES = {"rules": [{"name": "summaries", "when": {"keywords": {"any": ["summarise"]}}, "to": "lane:cheap/fast"}]}


def test_a_rule_that_fired_is_named_and_so_is_why(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    scene = Scene(start_gate, upstream, stack, routing=RULES)
    plain = scene.told()
    assert (plain.served_by, "gate.rule.name" in plain.route) == (FIRST, False)
    turn = {"role": "user", "content": "Please summarise this."}
    fired = scene.tell(ask(scene.gate, message(messages=[turn])))
    assert fired.walked == [(CHEAP, "primary", None)]
    assert fired.route["gate.rule.name"] == "summaries"
    assert fired.answered.headers["x-gate-rule"] == "summaries"
    assert "by the routing rule summaries" in fired.text
    assert "summarise this" not in str([span.attributes for span in fired.trace.spans]), "features, never text"


def test_where_a_candidate_policy_would_have_gone_is_told(
    start_gate: Start, upstream: Upstream, stack: Stack, tmp_path: Path
) -> None:
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text("{}")
    scene = Scene(start_gate, upstream, stack)
    before = scene.gate.metric("gate_config_reloads_total", result="applied")
    candidate.write_text(yaml.safe_dump(scene.configuration(prices={"first": (9.0, 45.0)})))
    scene.gate.write_config(scene.configuration(shadow=str(candidate)))
    scene.applied(before)
    told = scene.told()
    assert (told.served_by, told.relation) == (FIRST, "primary")
    assert told.route["gate.shadow.agreement"] == "route"
    assert told.route["gate.shadow.route"] == SECOND
    assert scene.gate.metric("gate_shadow_plans_total", agreement="route") == 1
    assert scene.calls(SECOND) == 0, "it plans and serves nothing"


def test_a_hedge_that_won_is_told_from_what_it_outran(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    scene = Scene(start_gate, upstream, stack, policy={"hedge_after_s": 0.3})
    upstream.shape(model=FIRST.partition("/")[2], head_delay=5.0)
    told = scene.told()
    assert told.answered.status == 200
    assert told.served_by == SECOND
    slow, quick = told.attempts
    assert (slow["gate.attempt.route"], slow["gate.attempt.cancelled_by"]) == (FIRST, "outrun")
    assert "error.type" not in slow.attributes, "nobody failed"
    assert (quick["gate.attempt.route"], quick["gate.attempt.hedge"]) == (SECOND, True)
    assert told.route["gate.executed.hedges"] == 1
    assert scene.gate.metric("gate_hedges_total", provider="second", result="won") == 1
    assert scene.gate.metric("gate_breaker_state", route=FIRST) == 0


def test_a_turn_that_comes_again_is_counted_then_refused(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    scene = Scene(start_gate, upstream, stack, guard={"turns": 3})
    headers = {**HEADERS, "user-agent": "opencode/1.18.33", "x-session-id": "looping"}
    turn = message()
    answered = [ask(scene.gate, turn, headers) for _ in range(5)]
    assert [one.status for one in answered] == [200, 200, 200, 429, 429]
    assert [scene.tell(one).route["gate.turn.repeats"] for one in answered[:3]] == [0, 1, 2]
    assert len(upstream.calls) == 3, "what is refused reaches no provider"
    assert answered[-1].headers["retry-after"] == "5"
    assert "sent the same turn" in answered[-1].text
    refused = stack.jaeger.trace(answered[-1].trace_id).root
    assert refused["gate.error.code"] == "repeated_turn"
    assert scene.gate.metric("gate_repeated_turns_total", action="refused") == 2
