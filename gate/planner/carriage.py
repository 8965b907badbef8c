"""In which dialect a route is asked, and what that costs the request. Known before anything is sent.

The client's own dialect loses nothing and is taken wherever the route speaks it. Among the others the one that loses
least by the policy wins, and among equals the one the provider speaks most faithfully.
"""

from dataclasses import dataclass

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Fidelity
from gate.core.request import RequestFeatures
from gate.core.route import Route
from gate.planner.inputs import ProviderView, World


@dataclass(frozen=True, slots=True)
class Carriage:
    """dialect: of the upstream call. losses: features that would be lost, sorted, each once."""

    dialect: Dialect
    losses: tuple[Feature, ...] = ()


def best_carriage(route: Route, provider: ProviderView, request: RequestFeatures, world: World) -> Carriage | None:
    """None when the route speaks neither the client's dialect nor one its requests can be put into."""
    spoken = route.dialects & provider.dialects
    if request.dialect in spoken:
        return Carriage(request.dialect)
    in_order = sorted(spoken & world.carries.keys(), key=lambda dialect: _place(dialect, provider))
    found = [Carriage(dialect, _losses(dialect, provider, request, world)) for dialect in in_order]
    return min(found, key=lambda carriage: _badness(carriage, world), default=None)


def _place(dialect: Dialect, provider: ProviderView) -> tuple[int, str]:
    order = provider.order
    return (order.index(dialect) if dialect in order else len(order)), dialect.value


def _losses(dialect: Dialect, provider: ProviderView, request: RequestFeatures, world: World) -> tuple[Feature, ...]:
    table = world.carries[dialect]
    refused = provider.cannot.get(dialect, frozenset())
    lost = {use.feature for use in request.uses if use in refused or (use in table and table[use].hurts)}
    return tuple(sorted(lost))


def _badness(carriage: Carriage, world: World) -> tuple[int, int, int]:
    fidelity = [world.policy.fidelity.get(feature, Fidelity.ALLOW) for feature in carriage.losses]
    return fidelity.count(Fidelity.EXCLUDE), fidelity.count(Fidelity.AVOID), fidelity.count(Fidelity.ALLOW)
