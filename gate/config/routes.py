"""Routes: the catalog's models at every provider of their kind, and the operator's own."""

from collections.abc import Mapping

from gate.catalog.book import CatalogBook
from gate.config.document import ConfigError
from gate.config.providers import Configured
from gate.config.schema import Config, PriceSection, RouteSection
from gate.core.money import PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION, Price, PriceSheet, SourceType
from gate.core.route import Capabilities, Route

CONFIGURATION = "configuration"
"""The source of a price that the operator wrote."""


def compiled_routes(config: Config, providers: Mapping[str, Configured], book: CatalogBook) -> tuple[Route, ...]:
    """By id, the operator's own in place of the catalog's. Raises ConfigError for an id that is there twice."""
    routes: dict[str, Route] = {}
    for name, provider in providers.items():
        if provider.catalog:
            routes.update((route.id, route) for route in book.routes(provider.kind, name, provider.view.dialects))
    own: set[str] = set()
    findings: list[str] = []
    for index, section in enumerate(config.routes):
        provider = providers.get(section.provider)
        if provider is None:
            continue  # reported with the other dangling references
        route = _route(section, provider, routes)
        if route.id in own:
            findings.append(f"routes.{index}: the id {route.id} is there twice")
        own.add(route.id)
        routes[route.id] = route
    if findings:
        raise ConfigError(findings)
    return tuple(routes.values())


def own_id(section: RouteSection) -> str:
    """The id of an operator's own route."""
    return section.id or f"{section.provider}/{section.model}"


def _route(section: RouteSection, provider: Configured, routes: Mapping[str, Route]) -> Route:
    known = routes.get(f"{section.provider}/{section.model}")
    profile = provider.target.profile
    return Route(
        id=own_id(section),
        provider=section.provider,
        model=section.model,
        lane=section.lane,
        dialects=provider.view.dialects,
        type=section.type or profile.route_type,
        billing=section.billing,
        account=section.account,
        region=section.region,
        quota_group=section.quota_group or f"{section.provider}/{section.account}",
        priority=section.priority,
        weight=section.weight,
        shared_limits=bool(section.quota_group),
        context_window=section.context_window or (known.context_window if known else None),
        max_output_tokens=section.max_output_tokens or (known.max_output_tokens if known else None),
        capabilities=_capabilities(section, known),
        prices=_prices(section.price, known.prices if known else PriceSheet()),
        max_in_flight=section.max_in_flight,
    )


def _capabilities(section: RouteSection, known: Route | None) -> Capabilities:
    """What the operator says, and where it says nothing, what the catalog knows of the same model."""
    said = section.capabilities.model_dump()
    base = known.capabilities if known else Capabilities()
    return Capabilities(**{name: getattr(base, name) if value is None else value for name, value in said.items()})


def _prices(section: PriceSection, known: PriceSheet) -> PriceSheet:
    def price(name: str) -> Price | None:
        usd: float | None = getattr(section, name)
        if usd is None:
            return getattr(known, name)
        pico = round(usd * PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION)
        return Price(pico, CONFIGURATION, "", SourceType.MANUAL_REVIEW)

    return PriceSheet(**{name: price(name) for name in PriceSection.model_fields})
