"""A decision in words."""

from dataclasses import replace

import pytest

from gate.core.binding import Binding
from gate.core.decision import Relation
from gate.core.errors import ErrorCode
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.failure import DowngradeReason, Failure, FailureKind
from gate.core.lane import Cluster, Lane, Strategy
from gate.core.money import Price, PriceSheet
from gate.core.route import Capabilities
from gate.engine.explain import explain_text, helpful_keys, refusal, why_no_route
from tests.planner.worlds import CHAT, MESSAGES, NOW, OPEN, decide, provider, request, route, world

BOTH = frozenset({MESSAGES, CHAT})
LANES = [Lane("a/mid", "a", Cluster.BALANCED_WORKHORSE), Lane("g/mid", "g", Cluster.BALANCED_WORKHORSE)]
GROQ_ONLY = world(
    lanes=LANES,
    routes=[
        route("anthropic/mid", "a/mid"),
        route("openrouter/mid", "a/mid", dialects=BOTH),
        route("groq/mid", "g/mid", dialects=frozenset({CHAT})),
        route("deepseek/mid", "g/mid", dialects=BOTH),
        route("mistral/mid", "g/mid", dialects=frozenset({CHAT})),
    ],
    providers=[
        provider("anthropic", key=False, owns=[MESSAGES]),
        provider("openrouter", MESSAGES, CHAT, key=False),
        provider("groq", CHAT),
        provider("deepseek", MESSAGES, CHAT, key=False),
        provider("mistral", CHAT, key=False),
    ],
)


def test_claude_code_with_only_a_groq_key_is_told_which_keys_would_help() -> None:
    decision = decide(request(tools=True, thinking=True), GROQ_ONLY)
    assert decision.attempts == ()
    assert helpful_keys(decision) == ("ANTHROPIC_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY")
    assert why_no_route(decision) == (
        "no route can serve auto for a client that speaks anthropic_messages. "
        "set ANTHROPIC_API_KEY, OPENROUTER_API_KEY or DEEPSEEK_API_KEY and start Gate again. "
        "no key for anthropic: set ANTHROPIC_API_KEY. "
        "no key for openrouter: set OPENROUTER_API_KEY. "
        "groq does not speak anthropic_messages. "
        "no key for deepseek: set DEEPSEEK_API_KEY. "
        "mistral does not speak anthropic_messages; no key for mistral: set MISTRAL_API_KEY"
    )
    error = refusal(decision)
    assert (error.code, error.message) == (ErrorCode.NO_ROUTE, why_no_route(decision))


def test_reasons_that_all_routes_of_a_provider_share_are_enough() -> None:
    routes = [
        route("groq/one", "a/mid", dialects=frozenset({CHAT}), capabilities=Capabilities(tools=False)),
        route("groq/two", "a/mid", dialects=frozenset({CHAT})),
        route("other/one", "a/mid", capabilities=Capabilities(tools=False)),
        route("other/two", "a/mid", max_output_tokens=5),
    ]
    small = world(lanes=LANES, routes=routes, providers=[provider("groq", CHAT), provider("other")])
    assert why_no_route(decide(request(tools=True, max_tokens=9), small)) == (
        "no route can serve auto for a client that speaks anthropic_messages. groq does not speak anthropic_messages. "
        "other: the model cannot call tools; 9 output tokens asked, 5 possible"
    )


def test_one_key_is_no_list() -> None:
    decision = decide("anthropic/mid", GROQ_ONLY)
    assert "set ANTHROPIC_API_KEY and start" in why_no_route(decision)


def test_without_a_helpful_key_only_the_reasons_are_told() -> None:
    decision = decide(request("groq/mid"), GROQ_ONLY)
    text = why_no_route(decision)
    assert text.endswith("anthropic_messages. groq does not speak anthropic_messages")
    assert helpful_keys(decision) == ()


def test_a_name_nobody_knows() -> None:
    error = refusal(decide("gpt-\n" + "x" * 200, GROQ_ONLY))
    assert error.code is ErrorCode.UNKNOWN_MODEL
    assert error.message.startswith("model 'gpt-?xxx")
    assert "\n" not in error.message
    assert len(error.message) < 300


def test_reasons_of_an_own_credential() -> None:
    decision = decide(request("openrouter/mid", own_credential=True), GROQ_ONLY)
    assert "belongs to anthropic, not to openrouter" in refusal(decision).message


def test_layers_of_a_plain_decision() -> None:
    text = explain_text(decide(request("Auto", tools=True, max_tokens=9), world()))
    assert text.splitlines() == [
        "decision   gd-0-00 (configuration v1, health epoch 3)",
        "asked      Auto by automation in anthropic_messages, chat: stream, tools, about 1000 input tokens, "
        "up to 9 output tokens",
        "intent     auto: an intent's own name",
        "lane       a/mid",
        "route      anth/mid: primary, score 3 (cost 3)",
        "same lane  agg/mid",
        "then       2. agg/mid in a/mid: same_lane_fallback",
        "           3. other/mid in b/mid: substitution",
        "           4. anth/fast in a/fast: downgrade",
        "why not    other/good (start): qualifies with score 5, behind those planned",
        "why not    agg/fast (degrade): qualifies with score 1.5, behind those planned",
        "why not    anth/best (upgrade): qualifies with score 15, behind those planned",
        "why not    other/odd (outside): lane c/odd is not on a path of intent auto [outside_intent]",
    ]


def test_a_decision_under_pressure_says_what_it_left_and_why() -> None:
    pressed = dict.fromkeys([found.id for found in world().routes if found.lane != "anth/best"][:6], OPEN)
    lines = explain_text(decide("auto", world(), pressed)).splitlines()
    assert "lane       a/best instead of a/mid (breaker_open)" in lines
    assert "           premium escalation: the intent did not ask for a premium lane" in lines
    assert "           because: the breaker is open for another 20.0 s after 5 failures (server_error)" in lines
    assert "same lane  no other route" in lines
    assert any("anth/mid in a/mid: last_resort" in line for line in lines)
    assert any(line.startswith("              because: the breaker is open for another 20.0 s") for line in lines)


def test_a_start_set_that_does_not_fit() -> None:
    bare = world(routes=[route("anth/fast", "a/fast")])
    assert "instead of the start set, none of which fits (no_capable_route)" in explain_text(decide("auto", bare))


def test_no_route_in_layers() -> None:
    lines = explain_text(decide("auto", GROQ_ONLY)).splitlines()
    assert lines[3].startswith("lane       none. no route can serve auto")
    assert len([line for line in lines if line.startswith("why not")]) == 5


def test_what_came_of_it() -> None:
    decision = decide("auto", world())
    failed = AttemptRecord(
        0,
        "anth/mid",
        "anth",
        "mid",
        "a/mid",
        Relation.PRIMARY,
        0.0,
        0.25,
        failure=Failure(FailureKind.RATE_LIMITED, status=429),
    )
    served = replace(
        failed,
        index=1,
        route="anth/fast",
        lane="a/fast",
        relation=Relation.DOWNGRADE,
        failure=None,
        downgrade_reason=DowngradeReason.RATE_LIMITED,
    )
    execution = Execution((failed, served), Outcome.SERVED, 200)
    lines = explain_text(decision, execution).splitlines()
    assert "happened   served, status 200" in lines
    assert "           1. anth/mid in a/mid: primary, failed: 429 rate_limited after 0.250 s" in lines
    assert "           2. anth/fast in a/fast: downgrade (rate_limited), served after 0.250 s" in lines


@pytest.mark.parametrize("model", ["auto", "anth/new", "lane:a/mid", "zzz", "x" * 500, "a\nb\x1b[31m"])
def test_any_decision_can_be_told(model: str) -> None:
    text = explain_text(decide(model, world()), Execution())
    assert "happened   running" in text
    assert all(len(line) < 400 and line.isprintable() for line in text.split("\n"))


def test_a_session_that_had_to_move_and_what_its_cache_costs() -> None:
    cached = PriceSheet(Price(3_000_000, "t", "d"), Price(15_000_000, "t", "d"), Price(300_000, "t", "d"))
    lanes = [Lane("a/mid", "a", Cluster.BALANCED_WORKHORSE, strategy=Strategy.LEAST_USED)]
    routes = [route("anth/mid", "a/mid", prices=cached), route("agg/mid", "a/mid", prices=cached)]
    small = world(lanes=lanes, routes=routes)
    asked, before = request(sticky_key="s"), Binding("anth/mid", "a/mid", NOW - 60, 40_000)
    moved = decide(asked, small, {"anth/mid": OPEN}, before)
    lines = explain_text(moved).splitlines()
    assert "strategy   least_used" in lines
    told = "about 0.108 USD more, the prompt is cached elsewhere"
    assert f"session    moved from the route that served it before; {told}" in lines
    first = moved.attempts[0]
    record = AttemptRecord(
        0, first.route, "agg", "mid", "a/mid", first.relation, 0.0, 1.0, cache_loss_pico=first.cache_loss_pico
    )
    assert f"after 1.000 s; {told}" in explain_text(moved, Execution((record,)))
    assert "session    kept at the route that served it before" in explain_text(decide(asked, small, None, before))
    assert "session    new, or not served for long" in explain_text(decide(asked, small))
    plain = explain_text(decide(request(), world()))
    assert "session" not in plain
    assert "strategy" not in plain
