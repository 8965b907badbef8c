"""One route in its place, for tests of single rules."""

from typing import Any

from gate.core.decision import Tier
from gate.core.intent import Intent, Resolution, ResolvedBy
from gate.core.lane import Cluster, Lane
from gate.core.reason import ReasonCode
from gate.core.route import Route
from gate.health.snapshot import HEALTHY, RouteHealth
from gate.planner.inputs import ProviderView
from gate.planner.rule import Ask, FitRule, LimitRule, Seat
from tests.planner.worlds import NOW, provider, request, route

AUTO = Intent("auto", ("a/mid",))
LANE = Lane("a/mid", "a", Cluster.BALANCED_WORKHORSE, tool_use=True)


def seat(
    of: Route | None = None,
    *,
    view: ProviderView | None = None,
    lane: Lane | None = LANE,
    tier: Tier = Tier.START,
    vendors: tuple[str, ...] = (),
    known: bool = True,
) -> Seat:
    """A route of provider `anth` in lane `a/mid`. known: its provider is configured."""
    return Seat(of or route("anth/m", "a/mid"), (view or provider("anth")) if known else None, lane, tier, 0, vendors)


def ask(*, intent: Intent | None = AUTO, resolution: Resolution | None = None, **features: Any) -> Ask:
    """A request for `auto`, or for what `resolution` says when `intent` is None."""
    return Ask(request(**features), resolution or Resolution("auto", ResolvedBy.INTENT_NAME, "auto"), intent)


def code(rule: FitRule, at: Seat, asked: Ask) -> ReasonCode | None:
    found = rule.check(at, asked)
    assert found is None or found.text
    return None if found is None else found.code


def limit(rule: LimitRule, at: Seat, asked: Ask, health: RouteHealth = HEALTHY) -> str | None:
    """The text of the reason, at `NOW`."""
    found = rule.check(at, asked, health, NOW)
    return None if found is None else found.text
