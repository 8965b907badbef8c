"""Each kind of condition: when it holds, and what is said where it does not."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.request import ClientProfile, RequestFeatures, Session
from gate.planner.routing.conditions import (
    AgentLike,
    Among,
    Answered,
    Condition,
    Flag,
    Like,
    Matched,
    ModelLike,
    SubAgent,
    Tokens,
    Within,
    answer_of,
    answered,
    failed,
    shown,
    zone_of,
)
from gate.planner.routing.reasons import RuleCode, because
from tests.planner.routing.any_rules import any_condition, any_features
from tests.planner.worlds import request

HEADER = because(RuleCode.HEADER, header="x-team", wanted="core*")


def at(text: str) -> int:
    """Nanoseconds of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def said(condition: Condition, features: RequestFeatures, now_ns: int = 0) -> str:
    """Why a condition does not hold; empty when it does."""
    why = condition.why_not(features, now_ns)
    assert condition.holds(features, now_ns) is (why is None)
    return "" if why is None else why.text


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("claude-*", "Claude-Sonnet-5", True),
        ("*haiku*", "claude-haiku-4-5-20251001", True),
        ("haiku", "claude-haiku", False),
        ("gpt-?", "gpt-5", True),
        ("gpt-?", "gpt-5.5", False),
        ("*[1m]", "sonnet[1m]", True),
        ("*[1m]", "sonnet1", False),
        ("a.b", "axb", False),
        ("*", "", True),
        ("x*", "x\ny", True),
    ],
)
def test_like(pattern: str, text: str, fits: bool) -> None:
    like = Like(["nothing at all", pattern])
    assert like(text) is fits
    assert like(text) is fits, "and again, remembered"
    assert str(like) == f"nothing at all or {pattern}"


@given(st.lists(st.text("ab*?", min_size=1), min_size=1, max_size=3), st.text("ab", max_size=300))
def test_like_is_total_and_forgets_without_changing_its_mind(patterns: list[str], text: str) -> None:
    like = Like(patterns)
    before = like(text)
    for number in range(1_100):
        like(f"x{number}")
    assert like(text) is before
    assert Like(patterns) == like
    assert hash(Like(patterns)) == hash(like)


def test_a_pattern_of_many_stars_takes_no_long_time() -> None:
    assert not Like(["*a" * 60 + "b"])("a" * 4_096)


def test_model() -> None:
    condition = ModelLike(Like(["claude-sonnet-5", "opus*"]))
    assert said(condition, request("Claude-Sonnet-5")) == ""
    assert said(condition, request("claude-sonnet-5[1M]")) == ""
    assert said(condition, request("haiku")) == "the name asked for, haiku, is not like claude-sonnet-5 or opus*"
    assert said(ModelLike(Like(["*[1m]"])), request("claude-sonnet-5[1M]")) == ""


@pytest.mark.parametrize(
    ("condition", "features", "text"),
    [
        (Among("client", frozenset({"claude", "codex"})), {"client": ClientProfile.CLAUDE}, ""),
        (
            Among("client", frozenset({"codex", "claude"})),
            {"client": ClientProfile.CURSOR},
            "the client is cursor, not claude or codex",
        ),
        (Among("client_key", frozenset({"ci"})), {"client_key": "ci"}, ""),
        (Among("client_key", frozenset({"ci"})), {}, "the client key is not given, not ci"),
        (
            Among("dialect", frozenset({"gemini"})),
            {"dialect": Dialect.OPENAI_CHAT},
            "the dialect is openai_chat, not gemini",
        ),
        (Flag("tools", True), {"tools": True}, ""),
        (Flag("thinking", False), {"thinking": True}, "thinking is yes, the rule wants no"),
        (SubAgent(True), {"session": Session(agent="a1")}, ""),
        (SubAgent(True), {"session": Session(parent_agent="a1")}, ""),
        (SubAgent(True), {"session": Session("s1")}, "sub_agent is no, the rule wants yes"),
        (SubAgent(False), {"session": Session("s1", "a1")}, "sub_agent is yes, the rule wants no"),
        (AgentLike(Like(["build*"])), {"session": Session(agent="builder-7")}, ""),
        (AgentLike(Like(["build*"])), {}, "the agent's id, not given, is not like build*"),
        (Tokens(10, 20), {"token_estimate": 10}, ""),
        (Tokens(10, 20), {"token_estimate": 20}, ""),
        (Tokens(10, 20), {"token_estimate": 9}, "about 9 input tokens, the rule wants 10 or more"),
        (Tokens(10, 20), {"token_estimate": 21}, "about 21 input tokens, the rule wants 20 or fewer"),
        (Matched("r.header.x-team", HEADER), {"matched": frozenset({"r.header.x-team"})}, ""),
        (
            Matched("r.header.x-team", HEADER),
            {"matched": frozenset({"q.header.x-team"})},
            "the header x-team is not there, or not like core*",
        ),
        (Answered("r", "tiers"), {"matched": frozenset({"r=eco"})}, ""),
        (Answered("r", "tiers"), {}, "the Python rule tiers gave no target"),
        (
            Answered("r", "tiers"),
            {"matched": frozenset({failed("r")})},
            "the Python rule tiers failed; Gate's log says how",
        ),
    ],
)
def test_conditions(condition: Condition, features: dict[str, object], text: str) -> None:
    assert said(condition, request("auto", **features)) == text


def test_what_a_python_rule_answered_is_its_own() -> None:
    features = request("auto", matched=frozenset({answered("one", "lane:a=b"), answered("one-more", "eco")}))
    assert answer_of("one", features) == "lane:a=b"
    assert answer_of("one-more", features) == "eco"
    assert answer_of("on", features) is None


SUMMER = "Europe/Berlin"  # two hours before UTC


@pytest.mark.parametrize(
    ("window", "when", "text"),
    [
        (Within(), "2026-11-21T03:00", ""),
        (Within(frozenset({5})), "2026-11-21T03:00", ""),
        (Within(frozenset({0, 1})), "2026-11-21T03:00", "sat 03:00 in UTC is not within mon, tue"),
        (Within(start=540, end=1_020), "2026-11-21T09:00", ""),
        (Within(start=540, end=1_020), "2026-11-21T17:00", "sat 17:00 in UTC is not within every day 09:00-17:00"),
        (Within(start=540, end=1_440), "2026-11-21T23:59", ""),
        (Within(start=1_320, end=360), "2026-11-21T22:00", ""),
        (Within(start=1_320, end=360), "2026-11-21T05:59", ""),
        (Within(start=1_320, end=360), "2026-11-21T06:00", "sat 06:00 in UTC is not within every day 22:00-06:00"),
        # A night belongs to the day it begins on: Friday's goes on into Saturday.
        (Within(frozenset({4}), 1_320, 360), "2026-11-21T02:00", ""),
        (Within(frozenset({4}), 1_320, 360), "2026-11-20T02:00", "fri 02:00 in UTC is not within fri 22:00-06:00"),
        (Within(frozenset({6}), 1_320, 360), "2026-11-23T02:00", ""),
        (Within(start=600, end=660, zone=SUMMER), "2026-07-01T08:30", ""),
        (
            Within(start=600, end=660, zone=SUMMER),
            "2026-12-01T08:30",
            "tue 09:30 in Europe/Berlin is not within every day 10:00-11:00",
        ),
        (
            Within(zone="Nowhere/Land"),
            "2026-12-01T08:30",
            "a time nobody can tell in Nowhere/Land is not within every day",
        ),
    ],
)
def test_time(window: Within, when: str, text: str) -> None:
    assert said(window, request(), at(when)) == text


def test_zones() -> None:
    assert zone_of("UTC") is UTC
    assert zone_of("Asia/Tokyo") is not None
    for nonsense in ("", "Mars/Base", "../../etc/passwd", "/etc/passwd", "a\0b", "x" * 300):
        assert zone_of(nonsense) is None


@given(any_condition, any_features, st.integers())
def test_conditions_are_total_and_say_why_exactly_where_they_do_not_hold(
    condition: Condition, features: RequestFeatures, now_ns: int
) -> None:
    text = said(condition, features, now_ns)
    assert text.isprintable()
    assert said(condition, features, now_ns) == text


def test_shown() -> None:
    assert shown("a\nb") == "a?b"
    assert shown("x" * 100) == "x" * 80 + "..."
