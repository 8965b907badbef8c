"""Worlds for tests: a small one written out, and strategies that make any."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from gate.core.binding import Binding
from gate.core.decision import RouteDecision
from gate.core.dialect import Dialect, Operation
from gate.core.failure import FailureKind
from gate.core.intent import Intent, OrderBy
from gate.core.lane import Cluster, Lane, Strategy
from gate.core.loss import LossAction, Use
from gate.core.money import Price, PriceSheet
from gate.core.reason import ReasonCode, reason
from gate.core.request import RequestFeatures
from gate.core.route import Billing, Capabilities, Route
from gate.health.cooldown import Cooldown
from gate.health.pressure import NO_PRESSURE, GroupPressure
from gate.health.snapshot import BreakerState, HealthSnapshot, RouteHealth
from gate.health.steady import Steady
from gate.health.traffic import Traffic
from gate.planner.inputs import NameMapping, Policy, ProviderView, World
from gate.planner.plan import plan

MESSAGES, CHAT, RESPONSES = Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES
NOW = 1_000.0


def usd(reading: float, writing: float) -> PriceSheet:
    """Prices in USD per million tokens."""
    return PriceSheet(
        Price(round(reading * 1e6), "test", "2026-01-01"), Price(round(writing * 1e6), "test", "2026-01-01")
    )


def no_key(provider: str) -> Any:
    return reason(ReasonCode.NO_CREDENTIAL, provider=provider, variable=f"{provider.upper()}_API_KEY")


def provider(name: str, *dialects: Dialect, key: bool = True, owns: Sequence[Dialect] = ()) -> ProviderView:
    spoken = frozenset(dialects or (MESSAGES,))
    return ProviderView(name, spoken, None if key else no_key(name), frozenset(owns))


def route(name: str, lane: str, price: float = 1.0, **more: Any) -> Route:
    """A route `provider/model` that costs `price` to read and to write."""
    owner, _, model = name.partition("/")
    more.setdefault("dialects", frozenset({MESSAGES}))
    more.setdefault("prices", usd(price, price))
    return Route(name, owner, model, lane, **more)


LANES = (
    Lane("a/best", "a", Cluster.ELITE_REASONING, tool_use=True),
    Lane("a/mid", "a", Cluster.BALANCED_WORKHORSE, tool_use=True),
    Lane("b/mid", "b", Cluster.BALANCED_WORKHORSE, tool_use=True),
    Lane("c/good", "c", Cluster.QUALITY_WORKHORSE, tool_use=True),
    Lane("a/fast", "a", Cluster.FAST_WORKHORSE, tool_use=True),
    Lane("c/odd", "c", Cluster.BUDGET_GENERAL),
)
ROUTES = (
    route("anth/mid", "a/mid", 3.0),
    route("agg/mid", "a/mid", 3.5),
    route("other/mid", "b/mid", 4.0),
    route("other/good", "c/good", 5.0),
    route("anth/fast", "a/fast", 1.0),
    route("agg/fast", "a/fast", 1.5),
    route("anth/best", "a/best", 15.0),
    route("other/odd", "c/odd", 0.1),
)
INTENTS = (
    Intent("auto", ("balanced-workhorse", "quality-workhorse"), ("fast-workhorse",), ("elite-reasoning",)),
    Intent("premium", ("a/best",), ("balanced-workhorse",), premium=True),
    Intent("coding", ("budget-general", "a/fast"), tool_use=True),
    Intent("listed", ("c/good", "balanced-workhorse"), order_by=OrderBy.LISTED),
)
PROVIDERS = (provider("anth", owns=(MESSAGES,)), provider("agg"), provider("other"))


def world(
    *,
    routes: Sequence[Route] = ROUTES,
    providers: Sequence[ProviderView] = PROVIDERS,
    lanes: Sequence[Lane] = LANES,
    intents: Sequence[Intent] = INTENTS,
    **more: Any,
) -> World:
    return World(
        "v1",
        {lane.name: lane for lane in lanes},
        tuple(routes),
        {intent.name: intent for intent in intents},
        {view.name: view for view in providers},
        **more,
    )


def request(model: str = "auto", **more: Any) -> RequestFeatures:
    base = RequestFeatures(MESSAGES, Operation.CHAT, model, stream=True, body_bytes=4_000, token_estimate=1_000)
    return replace(base, **more)


def decide(
    asked: RequestFeatures | str,
    in_world: World,
    health: Mapping[str, RouteHealth] | None = None,
    binding: Binding | None = None,
    seed: int = 42,
) -> RouteDecision:
    features = request(asked) if isinstance(asked, str) else asked
    return plan(features, in_world, HealthSnapshot(3, health or {}), NOW, 17, seed, "gd-0-00", binding=binding)


OPEN = RouteHealth(
    state=BreakerState.OPEN, open_until=NOW + 20, openings=1, consecutive=5, last_failure=FailureKind.SERVER_ERROR
)
COOLING = RouteHealth(cooldown=Cooldown(NOW + 7, 7.0))
PROBED = RouteHealth(state=BreakerState.HALF_OPEN, probing=True, probe_until=NOW + 5, openings=1)


def names(decision: RouteDecision) -> list[tuple[str, str]]:
    """The plan as pairs of route and relation."""
    return [(attempt.route, attempt.relation.value) for attempt in decision.attempts]


def codes(decision: RouteDecision, name: str) -> list[ReasonCode]:
    """Why a route is out."""
    (candidate,) = [candidate for candidate in decision.candidates if candidate.route == name]
    return [found.code for found in candidate.reasons]


# --- any world ---

_LANE_NAMES = [f"lane{number}" for number in range(5)]
_PROVIDER_NAMES = ["p0", "p1", "p2", "p3"]
_DIALECTS = st.frozensets(st.sampled_from([MESSAGES, CHAT, RESPONSES]), min_size=1)
_BOTH = st.just(frozenset({MESSAGES, CHAT}))
_FLAGS = st.sampled_from([True, True, None, False])
_SELDOM = st.sampled_from([False] * 5 + [True])
_ENTRIES = st.sampled_from(_LANE_NAMES + [cluster.value for cluster in Cluster])
_PATHS = st.lists(_ENTRIES, max_size=3, unique=True)
_CACHED = PriceSheet(*(Price(pico, "test", "2026-01-01") for pico in (3_000_000, 15_000_000, 300_000, 3_750_000)))
_PRICES = st.sampled_from([PriceSheet(), usd(0, 0), usd(1, 1), usd(1, 5), usd(3, 15), _CACHED])
_GROUPS = st.sampled_from(
    [
        *[NO_PRESSURE] * 5,
        GroupPressure(low=True),
        GroupPressure(Cooldown(NOW + 3, 5.0)),
        GroupPressure(exhausted_until=NOW + 60, by=FailureKind.QUOTA_EXHAUSTED),
        GroupPressure(exhausted_until=NOW - 1, by=FailureKind.INVALID_AUTH, probing=True, probe_until=NOW + 1),
    ]
)

any_lane = st.builds(
    Lane,
    st.just("?"),
    st.just("family"),
    st.sampled_from(Cluster),
    tool_use=_FLAGS,
    strategy=st.sampled_from(Strategy),
)
any_provider = st.builds(
    ProviderView,
    st.just("?"),
    _BOTH | _BOTH | _DIALECTS,
    st.sampled_from([None] * 8 + [no_key("p"), reason(ReasonCode.DISABLED)]),
    st.frozensets(st.sampled_from([MESSAGES, CHAT]), max_size=1),
    _DIALECTS,
)
any_route = st.builds(
    Route,
    st.just("?"),
    st.sampled_from(_PROVIDER_NAMES),
    st.just("?"),
    st.sampled_from(_LANE_NAMES),
    _BOTH | _BOTH | _DIALECTS,
    billing=st.sampled_from(Billing),
    quota_group=st.sampled_from(["p0/default", "shared"]),
    shared_limits=_SELDOM,
    priority=st.integers(0, 2),
    weight=st.sampled_from([1.0, 1.0, 0.0, 0.5, 3.0]),
    context_window=st.sampled_from([None, 8_000, 200_000]),
    max_output_tokens=st.sampled_from([None, 4_000, 64_000]),
    capabilities=st.just(Capabilities()) | st.builds(Capabilities, _FLAGS, _FLAGS, _FLAGS, _FLAGS, _FLAGS),
    prices=_PRICES,
    max_in_flight=st.sampled_from([None, None, 1, 4]),
)
any_intent = st.builds(
    Intent,
    st.just("?"),
    st.lists(_ENTRIES, min_size=2, max_size=5, unique=True).map(tuple),
    _PATHS.map(tuple),
    _PATHS.map(tuple),
    order_by=st.sampled_from(OrderBy),
    tool_use=_SELDOM,
    premium=st.booleans(),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any small configuration; not all of it makes sense, as in life."""
    lanes = [replace(draw(any_lane), name=name) for name in _LANE_NAMES]
    providers = [
        replace(draw(any_provider), name=name) for name in draw(st.sampled_from([_PROVIDER_NAMES] * 5 + [["p0"]]))
    ]
    routes = [
        replace(found, id=f"{found.provider}/m{number}", model=f"m{number}")
        for number, found in enumerate(
            draw(st.lists(any_route, min_size=draw(st.sampled_from([0, 4, 6, 8])), max_size=10))
        )
    ]
    intents = [replace(draw(any_intent), name=name) for name in ("auto", "eco")]
    patterns = (NameMapping("claude-*", "auto"), NameMapping("gpt-*", "lane:lane1"), NameMapping("m*", "p0/m0"))
    policy = Policy(
        max_attempts=draw(st.integers(1, 6)),
        translation=draw(st.sampled_from([0.0, 2_000.0])),
        stickiness_s=draw(st.sampled_from([18_000.0] * 4 + [0.0])),
    )
    carries = draw(st.sampled_from([{}, {MESSAGES: {}, CHAT: {Use.THINKING: LossAction.DROPPED}}]))
    return world(
        routes=routes,
        providers=providers,
        lanes=lanes,
        intents=intents,
        patterns=patterns,
        policy=policy,
        carries=carries,
    )


any_health = st.builds(
    RouteHealth,
    state=st.sampled_from([BreakerState.CLOSED, BreakerState.CLOSED, *BreakerState]),
    open_until=st.sampled_from([None, NOW - 1, NOW + 9]),
    consecutive=st.integers(0, 9),
    last_failure=st.sampled_from([None, FailureKind.OVERLOADED]),
    cooldown=st.sampled_from([None, None, Cooldown(NOW - 1, 5.0), Cooldown(NOW + 4, 5.0, 1)]),
    ttfb_s=st.sampled_from([None, 0.2, 3.0]),
    error_rate=st.sampled_from([None, 0.0, 0.5]),
    steady=st.builds(Steady, ttfb_s=st.sampled_from([None, 0.2, 3.0]), error_rate=st.sampled_from([None, 0.0, 0.5])),
    in_flight=st.integers(0, 4),
    probing=_SELDOM,
    probe_until=st.sampled_from([None, NOW - 1, NOW + 5]),
    group=_GROUPS,
    traffic=st.builds(Traffic, st.integers(0, 3), st.sampled_from([None, NOW - 900, NOW - 8, NOW - 2])),
)


def healths(of: World) -> st.SearchStrategy[dict[str, RouteHealth]]:
    """Any health of some of a world's routes."""
    known = [found.id for found in of.routes]
    return st.dictionaries(st.sampled_from(known), any_health) if known else st.just({})


any_request = st.builds(
    RequestFeatures,
    st.sampled_from([MESSAGES, MESSAGES, CHAT]),
    st.sampled_from([Operation.CHAT, Operation.CHAT, Operation.COUNT_TOKENS]),
    st.sampled_from(
        [
            "auto",
            "auto",
            "auto",
            "eco",
            "eco",
            "Claude-Gate-Eco",
            "claude-sonnet-5[1m]",
            "gpt-9",
            "lane:lane2",
            "p0/m0",
            "p0/new",
            "m1",
            "zzz",
        ]
    ),
    st.booleans(),
    st.just(4_000),
    st.sampled_from([10, 10, 10, 9_000, 300_000]),
    tools=st.booleans(),
    images=_SELDOM,
    thinking=_SELDOM,
    json_schema=_SELDOM,
    max_tokens=st.sampled_from([None, None, 100, 32_000]),
    own_credential=_SELDOM,
    uses=st.sampled_from([frozenset[Use](), frozenset({Use.CACHE_HINTS})]),
    sticky_key=st.sampled_from([None, "a-session"]),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[RequestFeatures, World, dict[str, RouteHealth]]:
    """A request, a configuration and its health."""
    made = draw(worlds())
    return draw(any_request), made, draw(healths(made))


def bindings(of: World) -> st.SearchStrategy[Binding | None]:
    """Where a session may have been served before: at one of a world's routes, or at one that is gone."""
    known = [found.id for found in of.routes]
    bound = st.builds(
        Binding,
        st.sampled_from([*known * 3, "gone/gone"]),
        st.sampled_from(_LANE_NAMES),
        st.sampled_from([NOW - 5, NOW - 4_000]),
        st.sampled_from([None, 0, 50_000]),
    )
    return st.none() | bound


@st.composite
def sessions(draw: st.DrawFn) -> tuple[RequestFeatures, World, dict[str, RouteHealth], Binding | None]:
    """A case, and where its session was served before."""
    asked, made, health = draw(cases())
    return asked, made, health, draw(bindings(made))
