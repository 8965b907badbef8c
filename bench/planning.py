"""`python -m bench.planning`: CPU microseconds of one `plan` with 50 routes and all rules, by strategy.

Ten lanes of five routes; every rule of the planner, and sixteen routing rules none of which fires, so that all are
asked. calm: nothing presses. busy: one route's health has changed since the plan before, as after every attempt. The
others are busy too; pressed: one route in four is under pressure; session: the request belongs to one, with tokens in a
cache. Each figure is the best of many short runs: what a shared machine adds is not the planner's.
"""

import itertools
import timeit
from collections.abc import Callable
from dataclasses import replace

from gate.core.binding import Binding
from gate.core.dialect import Dialect, Operation
from gate.core.intent import Intent
from gate.core.lane import Cluster, Lane, Strategy
from gate.core.money import Price, PriceSheet
from gate.core.request import ClientProfile, RequestFeatures
from gate.core.route import Route
from gate.health.cooldown import Cooldown
from gate.health.snapshot import HealthSnapshot, RouteHealth
from gate.health.traffic import Traffic
from gate.planner.inputs import ProviderView, World
from gate.planner.plan import plan
from gate.planner.routing.builtin import BuiltIn, built_in
from gate.planner.routing.conditions import Among, Flag, Like, ModelLike, Tokens
from gate.planner.routing.rules import RoutingRule

ROUTES, LANES = 50, 10
NOW = 1_000.0
DIALECT = Dialect.ANTHROPIC_MESSAGES
RUNS, CALLS = 200, 40
REQUEST = RequestFeatures(
    DIALECT, Operation.CHAT, "auto", stream=True, body_bytes=40_000, token_estimate=10_000, tools=True, max_tokens=8_000
)


def world(strategy: Strategy) -> World:
    lanes = [Lane(f"l{at}", "f", list(Cluster)[at % 5], tool_use=True, strategy=strategy) for at in range(LANES)]
    routes = [
        Route(
            f"p{at % 10}/m{at}",
            f"p{at % 10}",
            f"m{at}",
            f"l{at % LANES}",
            frozenset({DIALECT}),
            quota_group=f"p{at % 10}/default",
            priority=at % 3,
            weight=1.0 + at % 4,
            context_window=200_000,
            max_output_tokens=64_000,
            prices=_prices(1_000_000 * (1 + at * 7 % 13)),
            max_in_flight=64,
        )
        for at in range(ROUTES)
    ]
    intent = Intent("auto", tuple(f"l{at}" for at in range(6)), ("l6", "l7"), ("l8", "l9"), tool_use=True)
    providers = {f"p{at}": ProviderView(f"p{at}", frozenset({DIALECT})) for at in range(10)}
    targets = {kind: "auto" for kind in BuiltIn if kind is not BuiltIn.DEFAULT}
    own = [
        RoutingRule(
            f"own-{at}",
            "auto",
            (
                Among("client", frozenset({ClientProfile.AUTOMATION})),
                ModelLike(Like([f"model-{at}-*"])),
                Flag("tools", True),
                Tokens(least=1),
            ),
        )
        for at in range(11)
    ]
    rules = (*own, *built_in(targets))
    return World("v1", {lane.name: lane for lane in lanes}, tuple(routes), {"auto": intent}, providers, routing=rules)


def _prices(pico: int) -> PriceSheet:
    return PriceSheet(*(Price(part, "bench", "2026-11-21") for part in (pico, pico * 5, pico // 10, pico * 5 // 4)))


def health(in_world: World) -> dict[str, RouteHealth]:
    """Every route has been used."""
    return {
        route.id: RouteHealth(
            ttfb_s=0.5 + at % 7 * 0.1, error_rate=0.01, in_flight=at % 3, traffic=Traffic(at, NOW - at * 7 % 50)
        )
        for at, route in enumerate(in_world.routes)
    }


def microseconds(call: Callable[[], object]) -> float:
    call()
    return min(timeit.repeat(call, number=CALLS, repeat=RUNS)) / CALLS * 1e6


def planning(
    strategy: Strategy, *, busy: bool = False, pressed: bool = False, session: bool = False
) -> Callable[[], object]:
    under, seeds = world(strategy), itertools.count()
    now = health(under)
    if pressed:
        now |= {name: replace(now[name], cooldown=Cooldown(NOW + 5, 5.0)) for name in list(now)[::4]}
    other = {name: replace(one) for name, one in now.items()}
    names = itertools.cycle(now)
    asked = replace(REQUEST, sticky_key="a-session") if session else REQUEST
    binding = Binding("p7/m7", "l7", NOW - 60, 50_000) if session else None

    def one() -> object:
        if busy:
            name = next(names)
            now[name], other[name] = other[name], now[name]
        return plan(asked, under, HealthSnapshot(1, now), NOW, 17, next(seeds), "gd-0-00", binding=binding)

    return one


def main() -> None:
    print(f"{'strategy':<12} {'calm':>7} {'busy':>7} {'pressed':>8} {'session':>8}")
    for strategy in Strategy:
        calm, busy = microseconds(planning(strategy)), microseconds(planning(strategy, busy=True))
        pressed, session = (
            microseconds(planning(strategy, busy=True, pressed=True)),
            microseconds(planning(strategy, busy=True, session=True)),
        )
        print(f"{strategy.value:<12} {calm:7.1f} {busy:7.1f} {pressed:8.1f} {session:8.1f}")


if __name__ == "__main__":
    main()
