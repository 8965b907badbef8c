"""Decisions and executions for the tests of the renderings: hand-written ones and generated ones."""

from hypothesis import strategies as st

from gate.core.decision import Candidate, PlannedAttempt, Relation, RouteDecision, ScoreTerm, Tier
from gate.core.dialect import Dialect, Operation
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.failure import DowngradeReason, Failure, FailureKind
from gate.core.intent import Resolution, ResolvedBy
from gate.core.money import Confidence, Cost, SourceType
from gate.core.reason import ReasonCode, reason
from gate.core.request import ClientProfile, RequestFeatures, Session
from gate.core.usage import Usage

LANES = ("anthropic/sonnet-4.6", "openai/gpt-5.1", "anthropic/haiku-4.5")
ROUTES = ("anthropic/claude-sonnet-4-6", "openrouter/anthropic/claude-sonnet-4.6", "openai/gpt-5.1", "anthropic/haiku")
PROVIDERS = ("anthropic", "openrouter", "openai", "anthropic")
INTENTS = ("auto", "eco", "premium", "coding-auto")
NAMES = {
    "intents": INTENTS,
    "lanes": LANES,
    "routes": ROUTES,
    "providers": PROVIDERS,
    "models": ("claude-sonnet-4-6", "anthropic/claude-sonnet-4.6", "gpt-5.1", "claude-haiku-4-5"),
    "quota_groups": ("anthropic",),
    "rules": ("background",),
}
EXACT = Cost(2_500_000_000, Confidence.EXACT, "https://example.com/prices", SourceType.PROVIDER_DOCS)


def request(**changes: object) -> RequestFeatures:
    values: dict[str, object] = {
        "dialect": Dialect.ANTHROPIC_MESSAGES,
        "operation": Operation.CHAT,
        "model": "claude-sonnet-4-6",
        "stream": True,
        "body_bytes": 1200,
        "token_estimate": 300,
        "max_tokens": 1024,
        "client": ClientProfile.CLAUDE,
        "client_version": "2.1.0",
        "session": Session("s-1", "agent-1", None),
    }
    return RequestFeatures(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def planned(index: int, relation: Relation, lane: str, why: DowngradeReason | None = None) -> PlannedAttempt:
    return PlannedAttempt(ROUTES[index], PROVIDERS[index], NAMES["models"][index], lane, relation, why)


def decision(features: RequestFeatures | None = None, **changes: object) -> RouteDecision:
    """Two routes in the first lane, one in a sibling lane, one lower; one candidate is out."""
    features = features or request()
    values: dict[str, object] = {
        "id": "gd-0-0123456789abcdef0123",
        "request": features,
        "resolution": Resolution(features.model, ResolvedBy.PATTERN_MAPPING, "auto", "claude-sonnet-*"),
        "candidates": (
            Candidate(ROUTES[0], "anthropic", LANES[0], Tier.START, (), (ScoreTerm("cost", 6.0),), 6.0),
            Candidate(ROUTES[1], "openrouter", LANES[0], Tier.START, (), (ScoreTerm("cost", 6.5),), 6.5),
            Candidate(
                "groq/llama",
                "groq",
                "llama",
                Tier.OUTSIDE,
                (reason(ReasonCode.OUTSIDE_INTENT, lane="l", intent="auto"),),
            ),
        ),
        "attempts": (
            planned(0, Relation.PRIMARY, LANES[0]),
            planned(1, Relation.SAME_LANE_FALLBACK, LANES[0]),
            planned(2, Relation.SUBSTITUTION, LANES[1]),
            planned(3, Relation.DOWNGRADE, LANES[2]),
        ),
        "lane": LANES[0],
        "first_lane": LANES[0],
        "same_lane": (ROUTES[1],),
        "premium_asked": False,
        "premium_escalation": False,
        "config_version": "c0ffee12",
        "health_epoch": 7,
        "now_ns": 1_700_000_000_000_000_000,
        "seed": 42,
    }
    return RouteDecision(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def record(index: int, plan: PlannedAttempt, kind: FailureKind | None = None, **changes: object) -> AttemptRecord:
    start = 0.1 + index
    values: dict[str, object] = {
        "index": index,
        "route": plan.route,
        "provider": plan.provider,
        "model": plan.model,
        "lane": plan.lane,
        "relation": plan.relation,
        "started_s": start,
        "ended_s": start + 0.5,
    }
    if kind is None:
        values |= {
            "status": 200,
            "usage": Usage(input=1200, output=80, cache_read=1000),
            "cost": EXACT,
            "response_model": "claude-sonnet-4-6-20260115",
            "response_id": "msg_1",
            "finish_reasons": ("end_turn",),
            "time_to_first_chunk_s": start + 0.2,
            "chunks": 12,
            "upstream_request_id": "req_up_1",
        }
    else:
        values["failure"] = Failure(kind, "it said so", 429 if kind is FailureKind.RATE_LIMITED else None, 2.0)
    return AttemptRecord(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def served(*records: AttemptRecord) -> Execution:
    last = records[-1]
    return Execution(
        records, Outcome.SERVED, 200, None, last.ended_s - 0.3, last.ended_s - 0.3, last.ended_s + 0.1, 0.6
    )


def one_attempt() -> tuple[RouteDecision, Execution]:
    chosen = decision()
    return chosen, served(record(0, chosen.attempts[0]))


def downgraded() -> tuple[RouteDecision, Execution]:
    """All four planned attempts, the last one serves in the lower lane."""
    chosen = decision()
    kinds = (FailureKind.RATE_LIMITED, FailureKind.OVERLOADED, FailureKind.CONNECTION_RESET)
    failed = [record(at, chosen.attempts[at], kind) for at, kind in enumerate(kinds)]
    last = record(3, chosen.attempts[3], downgrade_reason=DowngradeReason.PROVIDER_ERROR)
    return chosen, served(*failed, last)


_text = st.text(max_size=40)
_maybe_text = st.none() | _text
_count = st.none() | st.integers(0, 2**31)
_usage = st.builds(Usage, _count, _count, _count, _count, st.none(), st.none(), _count)
_cost = st.one_of(
    st.just(Cost(None, Confidence.UNKNOWN)),
    st.builds(
        Cost,
        st.integers(0, 10**13),
        st.sampled_from([Confidence.EXACT, Confidence.PARTIAL]),
        st.just("https://example.com/prices"),
        st.sampled_from(SourceType),
    ),
)
_features = st.builds(
    RequestFeatures,
    dialect=st.sampled_from(Dialect),
    operation=st.sampled_from(Operation),
    model=st.sampled_from(["claude-sonnet-4-6", "lane:x", "unknown-model"]) | st.text(min_size=1, max_size=300),
    stream=st.booleans(),
    body_bytes=st.integers(0, 10**7),
    token_estimate=st.integers(0, 10**6),
    max_tokens=_count,
    client=st.sampled_from(ClientProfile),
    client_version=_maybe_text,
    client_key=st.none() | st.just("team-a"),
    session=st.builds(Session, _maybe_text, _maybe_text, _maybe_text),
    conversation_id=_maybe_text,
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[RouteDecision, Execution]:
    """Any decision with any execution that could belong to it."""
    features = draw(_features)
    intent = draw(st.sampled_from([*INTENTS, "lane:x", "anthropic/foo"]) | st.text(min_size=1, max_size=20))
    chosen = decision(
        features,
        resolution=Resolution(features.model, draw(st.sampled_from(ResolvedBy)), intent, draw(_maybe_text)),
        attempts=tuple(
            planned(draw(st.integers(0, 3)), draw(st.sampled_from(Relation)), draw(st.sampled_from(LANES)))
            for _ in range(draw(st.integers(0, 4)))
        ),
        premium_asked=draw(st.booleans()),
        premium_escalation=draw(st.booleans()),
        same_lane=tuple(draw(st.lists(st.sampled_from(ROUTES), max_size=3))),
        health_epoch=draw(st.integers(0, 10**6)),
    )
    tried = draw(st.integers(0, len(chosen.attempts)))
    records: list[AttemptRecord] = []
    for index in range(tried):
        last = index == tried - 1
        kind = draw(st.none() | st.sampled_from(FailureKind)) if last else draw(st.sampled_from(FailureKind))
        why = draw(st.none() | st.sampled_from(DowngradeReason))
        facts = {"usage": draw(_usage), "cost": draw(_cost), "downgrade_reason": why, "finish_reasons": ("stop",)}
        first = draw(st.none() | st.just(0.2 + index)) if features.stream and last else None
        records.append(record(index, chosen.attempts[index], kind, time_to_first_chunk_s=first, **facts))
    end = records[-1].ended_s if records else 0.01
    outcome = draw(st.sampled_from([o for o in Outcome if o is not Outcome.SERVED]))
    if records and records[-1].failure is None:
        outcome = Outcome.SERVED
    execution = Execution(
        attempts=tuple(records),
        outcome=outcome,
        status=draw(st.none() | st.sampled_from([200, 400, 404, 429, 500, 503, 529])),
        error_code=draw(st.none() | st.sampled_from(["no_route", "overloaded", "upstream_timeout"])),
        committed_s=draw(st.none() | st.just(end)),
        duration_s=end + draw(st.floats(0, 40)),
        upstream_s=sum(r.ended_s - r.started_s for r in records),
    )
    return chosen, execution
