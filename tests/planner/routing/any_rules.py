"""Any conditions, rules and requests, for property tests."""

from dataclasses import replace

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
)
from gate.planner.routing.reasons import RuleCode, because
from gate.planner.routing.rules import RoutingRule
from tests.planner.worlds import any_request

RULE_NAMES = ["r0", "r1", "r2", "r3", "r4"]
TARGETS = ["auto", "eco", "lane:lane1", "lane:nowhere", "p0/m0", "p1/unlisted", "nothing", ""]

_likes = st.lists(st.text("ac*?-[", min_size=1, max_size=6), min_size=1, max_size=3).map(Like)
_minutes = st.none() | st.integers(0, 1_440)
_matched = st.frozensets(
    st.sampled_from([f"{name}{rest}" for name in RULE_NAMES for rest in (".keywords", ".regex", "!", "=eco", "=?")]),
    max_size=4,
)

any_condition: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Flag, st.sampled_from(["tools", "web_search", "images", "thinking", "stream"]), st.booleans()),
    st.builds(SubAgent, st.booleans()),
    st.builds(Among, st.just("client"), st.frozensets(st.sampled_from(ClientProfile), min_size=1)),
    st.builds(Among, st.just("dialect"), st.frozensets(st.sampled_from(Dialect), min_size=1)),
    st.builds(Among, st.just("client_key"), st.just(frozenset({"ci", "dev"}))),
    st.builds(Tokens, st.none() | st.integers(0, 9_000), st.none() | st.integers(0, 300_000)),
    st.builds(ModelLike, _likes),
    st.builds(AgentLike, _likes),
    st.builds(
        Within,
        st.frozensets(st.integers(0, 6), max_size=3),
        _minutes,
        _minutes,
        st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Nowhere/Land"]),
    ),
    st.builds(Matched, st.sampled_from(["r0.keywords", "r1.regex"]), st.just(because(RuleCode.REGEX))),
    st.builds(Answered, st.sampled_from(RULE_NAMES), st.just("tiers")),
)

_ids = st.none() | st.text("ab-c", min_size=1, max_size=5)


@st.composite
def _features(draw: st.DrawFn) -> RequestFeatures:
    return replace(
        draw(any_request),
        client=draw(st.sampled_from(ClientProfile)),
        client_key=draw(st.sampled_from([None, "ci", "other"])),
        session=draw(st.builds(Session, _ids, _ids, _ids)),
        web_search=draw(st.booleans()),
        matched=draw(_matched),
    )


any_features = _features()

_rule = st.builds(
    RoutingRule,
    name=st.just("?"),
    target=st.sampled_from([None, *TARGETS]),
    conditions=st.lists(any_condition, max_size=2).map(tuple),
    priority=st.integers(-1, 2),
    everywhere=st.booleans(),
    built_in=st.booleans(),
)


@st.composite
def _rules(draw: st.DrawFn) -> tuple[RoutingRule, ...]:
    found = draw(st.lists(_rule, max_size=len(RULE_NAMES)))
    return tuple(replace(rule, name=name) for name, rule in zip(RULE_NAMES, found, strict=False))


any_rules = _rules()
