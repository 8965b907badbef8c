"""The world in which every name means the simulated provider."""

from dataclasses import replace

from gate.core.lane import Cluster, Lane
from gate.core.route import Billing, Route, RouteType
from gate.engine.snapshot import Target
from gate.planner.inputs import NameMapping, ProviderView, World
from gate.providers.simulated import PROFILE

MODEL = "gate-simulated"
LANE = Lane("simulated", "simulated", Cluster.BUDGET_GENERAL, tool_use=True)
SIMULATED = Target(profile=PROFILE, base_url="", simulated=True)
ROUTE = Route(
    id=f"{PROFILE.name}/{MODEL}",
    provider=PROFILE.name,
    model=MODEL,
    lane=LANE.name,
    dialects=frozenset(PROFILE.endpoints),
    type=RouteType.LOCAL,
    billing=Billing.FREE,
)


def simulated_world(world: World) -> World:
    """The same intents, so that names resolve as they would; all of them end at the one simulated route."""
    intents = {
        name: replace(intent, start=(LANE.name,), degrade_to=(), upgrade_to=())
        for name, intent in world.intents.items()
    }
    fallback = "auto" if "auto" in intents else next(iter(intents), f"lane:{LANE.name}")
    provider = ProviderView(
        name=PROFILE.name,
        dialects=frozenset(PROFILE.endpoints),
    )
    known = tuple(mapping for mapping in world.patterns if mapping.target in intents)
    return World(
        version=world.version,
        lanes={LANE.name: LANE},
        routes=(ROUTE,),
        intents=intents,
        providers={PROFILE.name: provider},
        exact={name: target for name, target in world.exact.items() if target in intents},
        patterns=(*known, NameMapping("*", fallback)),
        policy=world.policy,
        routing=world.routing,
    )
