"""Sessions and strategies over HTTP: a session stays, moves under pressure and says what that cost; lanes take
turns."""

from collections import Counter
from typing import Any

import pytest

from tests.e2e.serving import CHAT, MESSAGES, Spoken, Start, client
from tests.e2e.telemetry.evidence import decision
from tests.harness.gate import GateProcess
from tests.harness.shape import Tokens
from tests.harness.upstream import Upstream

CACHED = Tokens(input=100, cache_read=40_000, cache_write=1_000)
NAMES = ("first", "second", "third")
PRICE = {"input": 3.0, "output": 15.0, "cache_read": 0.3, "cache_write_5m": 3.75}


def configuration(upstream: Upstream, strategy: str, **policy: Any) -> dict[str, Any]:
    """One lane, three providers that all lead to the one upstream, told apart by their keys. Each costs a little more
    than the one before."""
    return {
        "providers": {
            name: {"kind": "anthropic", "base_url": upstream.url, "key": f"${{{name.upper()}_KEY}}", "catalog": False}
            for name in NAMES
        },
        "lanes": {"house/mid": {"cluster": "balanced-workhorse", "strategy": strategy}},
        "routes": [
            {
                "provider": name,
                "model": "mid",
                "lane": "house/mid",
                "price": {**PRICE, "input": PRICE["input"] + place},
                "priority": len(NAMES) - place,
                "weight": (6, 3, 1)[place],
            }
            for place, name in enumerate(NAMES)
        ],
        "intents": {"house": {"start": ["house/mid"]}},
        "policy": policy,
        "breaker": {"cooldown_max_s": 60},
    }


def keys(names: tuple[str, ...] = NAMES) -> dict[str, str]:
    return {f"{name.upper()}_KEY": f"provider-key-{name}-0123456789" for name in names}


def served_by(upstream: Upstream) -> list[str]:
    return [str(call.key).removeprefix("provider-key-").removesuffix("-0123456789") for call in upstream.calls]


def ask(gate: GateProcess, session: str | None = None, spoken: Spoken = MESSAGES, **more: Any) -> dict[str, Any]:
    """The decision and the execution of one request that was answered."""
    headers = {} if session is None else {"x-claude-code-session-id": session}
    agent = more.pop("agent", None)
    if agent is not None:
        headers["x-claude-code-agent-id"] = agent
    with client(gate) as http:
        answer = http.post(spoken.path, json={**spoken.body(**more), "model": "house"}, headers=headers)
    assert answer.status_code == 200, answer.text
    return decision(gate, answer.headers["x-gate-decision-id"])


def started(told: dict[str, Any]) -> str:
    return told["decision"]["attempts"][0]["provider"]


def test_round_robin_goes_round(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate(configuration(upstream, "round_robin"), keys())
    for _ in range(9):
        ask(gate)
    assert served_by(upstream) == [*NAMES] * 3


def test_weights_are_shares(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate(configuration(upstream, "weighted"), keys())
    with client(gate) as http:
        for _ in range(200):
            assert http.post(MESSAGES.path, json={**MESSAGES.body(), "model": "house"}).status_code == 200
    counts = Counter(served_by(upstream))
    # Five standard deviations of 200 draws.
    for name, share in zip(NAMES, (0.6, 0.3, 0.1), strict=True):
        assert abs(counts[name] - 200 * share) < 5 * (200 * share * (1 - share)) ** 0.5


@pytest.mark.parametrize(("strategy", "first"), [("cheapest", "first"), ("priority", "third")])
def test_without_turns_it_is_always_the_same(start_gate: Start, upstream: Upstream, strategy: str, first: str) -> None:
    gate = start_gate(configuration(upstream, strategy), keys())
    told = [ask(gate) for _ in range(3)]
    assert [started(one) for one in told] == [first] * 3
    assert {one["decision"]["strategy"] for one in told} == {strategy.replace("cheapest", "price")}
    assert {one["decision"]["stickiness"] for one in told} == {None}


def test_a_session_stays_and_others_take_their_turns(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate(configuration(upstream, "round_robin"), keys())
    told = [ask(gate, "session-1", stream=streamed) for streamed in (True, True, False, True)]
    assert [one["decision"]["stickiness"] for one in told] == ["new", "kept", "kept", "kept"]
    assert [started(one) for one in told] == ["first"] * 4
    other = ask(gate, "session-2")
    assert (started(other), other["decision"]["stickiness"]) == ("second", "new")
    sub = ask(gate, "session-1", agent="agent-7")
    assert (started(sub), sub["decision"]["stickiness"]) == ("third", "new"), "a sub-agent is a session of its own"
    assert started(ask(gate, "session-1")) == "first"
    assert "kept at the route that served it before" in told[1]["text"]


@pytest.mark.parametrize(
    ("spoken", "member"),
    [
        (MESSAGES, {"metadata": {"user_id": "user_1_account__session_9f"}}),
        (CHAT, {"prompt_cache_key": "conversation-9"}),
    ],
    ids=["metadata.user_id", "prompt_cache_key"],
)
def test_the_body_tells_sessions_too(
    start_gate: Start, upstream: Upstream, spoken: Spoken, member: dict[str, Any]
) -> None:
    gate = start_gate(configuration(upstream, "round_robin"), keys())
    told = [ask(gate, None, spoken, **member) for _ in range(3)]
    assert len({started(one) for one in told}) == 1
    assert [one["decision"]["stickiness"] for one in told] == ["new", "kept", "kept"]


def test_a_session_moves_under_pressure_says_what_it_costs_and_stays_there(
    start_gate: Start, upstream: Upstream
) -> None:
    """The cheapest route is limited; its session goes to the next one, and is not lured back."""
    upstream.shape(tokens=CACHED)
    gate = start_gate(configuration(upstream, "cheapest"), keys())
    assert started(ask(gate, "session-1")) == "first"

    upstream.fault("status", status=429, headers={"retry-after": "30"}, key=keys()["FIRST_KEY"])
    upstream.shape(tokens=Tokens(input=41_100, cache_read=0, cache_write=0))
    walked = ask(gate, "session-1")
    assert [one["relation"] for one in walked["execution"]["attempts"]] == ["primary", "same_lane_fallback"]
    # 41,000 tokens at 4.00 USD per million there, less 0.30 for reading them from the cache.
    lost = 41_000 * (4_000_000 - 300_000)
    limited, served = walked["execution"]["attempts"]
    assert (limited["cache_loss_pico"], served["cache_loss_pico"]) == (None, lost)
    assert f"about {lost / 1e12:.6g} USD more, the prompt is cached elsewhere" in walked["text"]

    upstream.shape(tokens=CACHED)
    after = ask(gate, "session-1")
    assert (started(after), after["decision"]["stickiness"]) == ("second", "kept")
    assert after["execution"]["attempts"][0]["cache_loss_pico"] is None
    # Another session that begins now knows of the pressure beforehand.
    fresh = ask(gate, "session-2")
    assert (started(fresh), fresh["decision"]["stickiness"]) == ("second", "new")


def test_a_session_whose_route_is_known_to_be_out_is_moved_by_the_plan(start_gate: Start, upstream: Upstream) -> None:
    upstream.shape(tokens=CACHED)
    gate = start_gate(configuration(upstream, "cheapest"), keys())
    ask(gate, "session-1")
    upstream.fault("status", status=429, headers={"retry-after": "30"}, key=keys()["FIRST_KEY"], times=1)
    ask(gate)
    moved = ask(gate, "session-1")
    made = moved["decision"]
    assert (started(moved), made["stickiness"]) == ("second", "moved")
    assert made["attempts"][0]["relation"] == "same_lane_fallback"
    assert made["attempts"][0]["note"]["code"] == "cooling_down"
    assert made["attempts"][0]["cache_loss_pico"] == 41_000 * (4_000_000 - 300_000)
    assert "session    moved from the route that served it before; about 0.1517 USD more" in moved["text"]
    assert moved["execution"]["attempts"][0]["cache_loss_pico"] == 1_000 * (4_000_000 - 300_000), "the rest was cached"


def test_counting_tokens_binds_nothing_and_stickiness_can_be_off(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate(configuration(upstream, "round_robin", stickiness_s=0), keys())
    told = [ask(gate, "session-1") for _ in range(3)]
    assert [started(one) for one in told] == [*NAMES]
    assert {one["decision"]["stickiness"] for one in told} == {None}

    gate = start_gate(configuration(upstream, "round_robin"), keys())
    body = {**MESSAGES.body(), "model": "house"}
    with client(gate) as http:
        for _ in range(2):
            answer = http.post("/v1/messages/count_tokens", json=body, headers={"x-claude-code-session-id": "s"})
            assert answer.status_code == 200
    assert ask(gate, "s")["decision"]["stickiness"] == "new"
